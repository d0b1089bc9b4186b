import { ClientError } from '../../../../client/errors.ts';
import { usualDelays, writeUsualDelays } from '../../../guarantees/usual-delays.ts';
import { isStandard, type Settings } from './standard-set.ts';
import type { Totals } from './totals.ts';

/**
 * Keeps how long what the guarantees limit usually takes in the standard set; later runs of it compare with that.
 * @throws ClientError `config` if the result is of other seeds, or of a part of them
 */
export function keepUsual(settings: Settings, totals: Totals): void {
  if (!isStandard(settings))
    throw new ClientError(
      'config',
      'What is usual is kept for the whole standard set: use --write-usual with --standard',
    );
  writeUsualDelays('standard campaign', usualDelays(totals.shares));
}
