import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NobleRig } from './testing/noble-rig.ts';

/** Events at which noble throws; those of a link are for its handle. */
const EVENTS: readonly string[] = [
  '040e03010000', // Command Complete without a command
  '043e0102', // LE event without parameters
  '040e0401011001', // failed command without values
  '0405020040', // truncated Disconnection Complete
  '04080400400001', // Encryption Change without a request
  '0405040c400013', // Disconnection Complete that has failed
  '0413050240000100', // Number Of Completed Packets of two links
];

/** Reports of other devices: TX power without a value, and service data without a UUID. */
const REPORTS = [
  '0000' + '010203040506' + '02' + '010a' + 'c0',
  '0000' + '010203040507' + '02' + '0116' + 'c0',
];

/** Position of the number of reports in an LE Advertising Report event, and code of that event. */
const REPORT_EVENT = { subeventAt: 3, subevent: 0x02, countAt: 4 } as const;
const EVENT_INTERVAL_MS = 100;

/** Inserts reports before those of an advertising event. */
function withReports(packet: Buffer): Buffer {
  const { subeventAt, subevent, countAt } = REPORT_EVENT;
  if (packet[0] !== 0x04 || packet[1] !== 0x3e || packet[subeventAt] !== subevent) return packet;
  const changed = Buffer.concat([
    packet.subarray(0, countAt + 1),
    Buffer.from(REPORTS.join(''), 'hex'),
    packet.subarray(countAt + 1),
  ]);
  changed[countAt] = (packet[countAt] ?? 0) + REPORTS.length;
  changed[2] = changed.length - subeventAt;
  return changed;
}

const rig = new NobleRig();
const printed = vi.fn();
let events: NodeJS.Timeout;
beforeEach(async () => {
  await rig.setUp({ mqtt: '[log]\nformat = "json"' });
  for (const method of ['log', 'warn', 'error'] as const)
    vi.spyOn(console, method).mockImplementation(printed);
});
afterEach(async () => {
  clearInterval(events);
  vi.restoreAllMocks();
  printed.mockReset();
  await rig.close();
});

/** The log lines of the client, each of which is JSON. */
function logLines(): { readonly msg: string; readonly count?: number }[] {
  return rig.ride.output
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { msg: string; count?: number });
}

const drops = (): (number | undefined)[] =>
  logLines()
    .filter(({ msg }) => msg === 'dropped Bluetooth packets that the library cannot handle')
    .map(({ count }) => count);

describe('a client', () => {
  it('starts, and keeps its link, although the adapter sends events that noble cannot parse', async () => {
    let sent = 0;
    events = setInterval(() => {
      const packet = Buffer.from(EVENTS[sent++ % EVENTS.length] ?? '', 'hex');
      rig.ride.world.adapter.controller.host.send(packet);
    }, EVENT_INTERVAL_MS);
    await rig.startPolling();
    for (let sample = 0; sample < 3; sample++) await rig.nextSample();
    expect(rig.linkCount).toBe(1);
    expect(drops()).toEqual([1]);
    await rig.stopClient();
    const [first = 0, rest = 0, ...further] = drops();
    expect(first + rest).toBeGreaterThan(10 * EVENTS.length);
    expect(first + rest).toBeLessThanOrEqual(sent);
    expect(further).toEqual([]);
    expect(printed).not.toHaveBeenCalled();
  });

  it('finds its scooter among malformed advertisements, and logs them once in ten minutes', async () => {
    rig.tap.toHost = withReports;
    await rig.startPolling();
    for (let minutes = 0; minutes < 11; minutes++) await rig.ride.clock.advance(60_000);
    rig.ride.world.scooter.close();
    await rig.ride.clock.advance(20_000);
    await rig.ride.clock.until(rig.ride.world.switchOn());
    await rig.nextSample();
    expect(drops()).toHaveLength(1);
    await rig.stopClient();
    expect(printed).not.toHaveBeenCalled();
  });
});
