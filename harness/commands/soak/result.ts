/** What a soak came to. */
export interface SoakResult {
  readonly passed: boolean;
  /** What was done, and what was measured. */
  readonly lines: readonly string[];
}
