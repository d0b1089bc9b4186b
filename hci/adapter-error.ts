/** Thrown for an adapter that cannot be named or opened; the message says what to do. */
export class AdapterError extends Error {
  override readonly name = 'AdapterError';
}
