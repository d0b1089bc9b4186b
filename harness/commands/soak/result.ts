/** Result of a soak test. */
export interface SoakResult {
  readonly passed: boolean;
  /** Description of the test and of its measurements. */
  readonly lines: readonly string[];
}
