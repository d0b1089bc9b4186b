/** Thrown for an adapter that cannot be named or opened; the message says what to do. */
export class AdapterError extends Error {
  override readonly name: string = 'AdapterError';
}

/** Thrown for an adapter that cannot be spoken to on the channel that was asked for, now or later. */
export class ChannelError extends AdapterError {
  override readonly name = 'ChannelError';
}
