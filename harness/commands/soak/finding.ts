/** What a soak came to. */
export interface Finding {
  readonly holds: boolean;
  /** What was done, and what was measured. */
  readonly lines: readonly string[];
}
