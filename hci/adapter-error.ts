/** Error for an adapter that does not exist or cannot be opened; the message says what to do. */
export class AdapterError extends Error {
  override readonly name: string = 'AdapterError';
}

/** Error for an adapter that does not support the requested HCI channel; retrying is useless. */
export class ChannelError extends AdapterError {
  override readonly name = 'ChannelError';
}
