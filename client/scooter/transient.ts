import { ProtocolError } from '../../protocol/errors.ts';
import { ClientError } from '../errors.ts';

/** Whether a failure on a link is no reason not to try again on another: the adapter works, and nothing is settled. */
export function isTransient(error: unknown): error is ClientError | ProtocolError {
  if (error instanceof ClientError) return error.retry !== 'never' && error.code !== 'adapter';
  return error instanceof ProtocolError;
}
