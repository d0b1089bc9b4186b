import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** Hours of riding a day, days a month, and the default time between two samples, in seconds: as in the table. */
const HOURS = 8;
const DAYS = 30;
const SEND_INTERVAL_S = 5;
const HEALTH_INTERVAL_S = 60;
const MEGABYTE = 1e6;
/** Payloads vary by some digits. */
const TOLERANCE = 0.05;
/** Packet type, remaining length, topic length, and properties: MQTT 5, section 3.3. */
const HEADER_BYTES = 1 + 2 + 2 + 1;
const PACKET_ID_BYTES = 2;

const TOPICS = readFileSync('docs/topics.md', 'utf8');

/** The example of a payload in the documentation, as the client publishes it. */
function example(heading: string): number {
  const json = new RegExp(`## ${heading}\\n.*?\`\`\`json\\n(.*?)\`\`\``, 's').exec(TOPICS)?.[1] ?? '';
  expect(json).toContain('boot_id');
  return json.replace(/\n\s*/g, '').replaceAll('": ', '":').replaceAll(', "', ',"').length;
}

function megabytes(liveIntervalS: number): number {
  const seconds = HOURS * 3_600 * DAYS;
  const sample = example('A sample');
  const journal = sample + 'vehicle/1/realtime'.length + HEADER_BYTES + PACKET_ID_BYTES;
  const live = sample + 'vehicle/1/live'.length + HEADER_BYTES;
  const health = example('Health') + 'vehicle/1/health'.length + HEADER_BYTES + PACKET_ID_BYTES;
  const bytes =
    (seconds / SEND_INTERVAL_S) * journal +
    (seconds / Math.max(SEND_INTERVAL_S, liveIntervalS)) * live +
    (seconds / HEALTH_INTERVAL_S) * health;
  return bytes / MEGABYTE;
}

describe('the mobile data of each live_interval', () => {
  const rows = [...TOPICS.matchAll(/^\| `(\d+|"off")`[^|]*\| +(\d+) MB/gm)].map(
    ([, setting = '', documented = '']) => [setting, Number(documented)] as const,
  );

  it('is documented', () => {
    expect(rows.map(([setting]) => setting)).toEqual(['0', '10', '60', '"off"']);
  });

  it.each(rows)('%s is as documented: %d MB a month', (setting, documented) => {
    const measured = megabytes(setting === '"off"' ? Infinity : Number(setting));
    expect(Math.abs(documented - measured) / measured).toBeLessThan(TOLERANCE);
  });
});
