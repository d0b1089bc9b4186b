import { expect, it } from 'vitest';
import { createLogger } from '../../../client/log.ts';
import { ActivityLog } from './activity-log.ts';

it('the log of the client in the demo has units, and words for yes and no, as without the demo', () => {
  let output = '';
  const activity = new ActivityLog({ write: (line) => (output += line) });
  const log = createLogger({ level: 'info', format: 'json', sink: activity.logOf('client') });
  log.info({ everyS: 5, batteryPercent: 63, fix: true, broker: 'tcp://localhost' }, 'reading the scooter');
  expect(output).toMatch(
    /client {4}reading the scooter \(every 5 s, battery 63 %, fix yes, broker tcp:\/\/localhost\)\n$/,
  );
});
