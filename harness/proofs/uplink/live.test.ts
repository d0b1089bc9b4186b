import { afterEach, describe, expect, it } from 'vitest';
import type { Fix } from '../../../client/gps/fix.ts';
import { createLogger } from '../../../client/log.ts';
import type { Telemetry } from '../../../client/scooter/poll.ts';
import { takeSample } from '../../../client/take-sample.ts';
import { decodeBlock } from '../../../protocol/registers/codec.ts';
import { BLOCKS } from '../../../protocol/registers/table.ts';
import { BASE, MQTT_CONFIG, Rig, TOPIC } from './rig.ts';

const { reconnectMinMs, sendIntervalMs } = MQTT_CONFIG;
const LIVE = `${BASE}/live`;

const TELEMETRY: Telemetry = {
  ...decodeBlock(BLOCKS.live, Buffer.alloc(BLOCKS.live.bytes)),
  ...decodeBlock(BLOCKS.battery, Buffer.alloc(BLOCKS.battery.bytes)),
  ...decodeBlock(BLOCKS.range, Buffer.alloc(BLOCKS.range.bytes)),
};

let rig: Rig;
afterEach(async () => {
  expect(await rig.end(), 'timers that outlive the uplink').toBe(0);
});

/** The scooter has just been polled. */
function poll(fix?: Fix): void {
  const { outbox, uplink, counters } = rig;
  const log = createLogger({ level: 'error', format: 'json', sink: { write: () => true } });
  takeSample(TELEMETRY, fix, { nofix: 'zero', clockSynced: () => true, outbox, uplink, counters, log });
}

describe('the newest sample', () => {
  it('is shown within a second, although a backlog of thousands has just begun to drain', async () => {
    rig = await Rig.start();
    await rig.append(5_000);
    rig.run();
    await rig.clock.advance(reconnectMinMs + 500);
    for (let sample = 1; sample <= 6; sample += 1) {
      const polledMs = performance.now();
      poll();
      await rig.clock.advance(sendIntervalMs);
      const shown = rig.received(LIVE).at(-1);
      expect(JSON.parse(shown?.payload ?? '{}')).toMatchObject({ seq: 5_000 + sample });
      expect((shown?.atMs ?? Infinity) - polledMs).toBeLessThan(1_000);
    }
    expect(rig.journal.at(-1)?.seq).toBeLessThan(2_000);
  });

  it('is retained by the broker, and sent without asking for an acknowledgement', async () => {
    rig = await Rig.start();
    rig.run();
    await rig.clock.advance(reconnectMinMs + 100);
    poll();
    await rig.clock.advance(100);
    expect(rig.received(LIVE)).toMatchObject([{ qos: 0, retain: true }]);
    expect(rig.received(TOPIC)).toMatchObject([{ qos: 1, retain: false }]);
  });

  it('says null where there is no fix, whatever the journal says there', async () => {
    rig = await Rig.start();
    rig.run();
    await rig.clock.advance(reconnectMinMs + 100);
    poll();
    await rig.clock.advance(100);
    const none = { latitude: null, longitude: null, altitude: null, gps_speed: null, fix: false };
    expect(JSON.parse(rig.received(LIVE)[0]?.payload ?? '')).toMatchObject({ seq: 1, gpsinfo: none });
    const zero = { latitude: 0, longitude: 0, altitude: 0, gps_speed: 0, fix: false };
    expect(JSON.parse(rig.received(TOPIC)[0]?.payload ?? '')).toMatchObject({ seq: 1, gpsinfo: zero });
  });

  it('is shown on the next connection where there was none, and none that is older', async () => {
    rig = await Rig.start();
    rig.run();
    await rig.clock.advance(reconnectMinMs + 100);
    rig.broker.stop();
    for (let sample = 0; sample < 10; sample += 1) {
      poll();
      await rig.clock.advance(sendIntervalMs);
    }
    rig.broker.restart();
    await rig.clock.advance(40_000);
    const shown = rig.received(LIVE).map(({ payload }) => (JSON.parse(payload) as { seq: number }).seq);
    expect(shown).toEqual([10]);
  });
});
