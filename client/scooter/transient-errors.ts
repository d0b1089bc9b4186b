import { ProtocolError } from '../../protocol/errors.ts';
import { ClientError } from '../errors.ts';

/** Whether a failed connection may be retried with a new one: the adapter works and the error is not final. */
export function isTransient(error: unknown): error is ClientError | ProtocolError {
  if (error instanceof ClientError) return error.retry !== 'never' && error.code !== 'adapter';
  return error instanceof ProtocolError;
}
