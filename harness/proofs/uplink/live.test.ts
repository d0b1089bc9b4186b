import { afterEach, describe, expect, it } from 'vitest';
import type { Fix } from '../../../client/gps/fix.ts';
import type { Telemetry } from '../../../client/scooter/poll.ts';
import { takeSample } from '../../../client/take-sample.ts';
import { decodeBlock } from '../../../protocol/registers/codec.ts';
import { BLOCKS } from '../../../protocol/registers/table.ts';
import { BASE, MQTT_CONFIG, Rig, TOPIC } from './rig.ts';

const { reconnectMinMs, sendIntervalMs } = MQTT_CONFIG;
const LIVE = `${BASE}/live`;

const TELEMETRY: Telemetry = {
  live: decodeBlock(BLOCKS.live, Buffer.alloc(BLOCKS.live.bytes)),
  battery: decodeBlock(BLOCKS.battery, Buffer.alloc(BLOCKS.battery.bytes)),
  range: decodeBlock(BLOCKS.range, Buffer.alloc(BLOCKS.range.bytes)),
};

let rig: Rig;
afterEach(async () => {
  expect(await rig.close(), 'pending timers after the end of the uplink').toBe(0);
});

/** Takes a sample, as after a poll. */
function poll(fix?: Fix): void {
  const { outbox, uplink, counters } = rig;
  takeSample(TELEMETRY, fix, { noFixPolicy: 'zero', clockSynced: true, outbox, uplink, counters });
}

describe('the number of stored samples', () => {
  it('does not include those that were rejected', async () => {
    rig = await Rig.start({ bounds: { maxCount: 2, whenFull: 'drop-newest' } });
    for (let sample = 1; sample <= 5; sample += 1) poll();
    await rig.clock.advance(1_000);
    expect(rig.counters.stored).toBe(2);
    expect(rig.outbox.ledger.totals).toEqual({ count: 3 });
  });
});

describe('the live topic', () => {
  it('gets the newest sample within a second, even while a backlog of thousands drains', async () => {
    rig = await Rig.start();
    await rig.append(5_000);
    rig.run();
    await rig.clock.advance(reconnectMinMs + 500);
    for (let sample = 1; sample <= 6; sample += 1) {
      const polledMs = performance.now();
      poll();
      await rig.clock.advance(sendIntervalMs);
      const live = rig.received(LIVE).at(-1);
      expect(JSON.parse(live?.payload ?? '{}')).toMatchObject({ seq: 5_000 + sample });
      expect((live?.atMs ?? Infinity) - polledMs).toBeLessThan(1_000);
    }
    expect(rig.journal.at(-1)?.seq).toBeLessThan(2_000);
  });

  it('is retained, with QoS 0', async () => {
    rig = await Rig.start();
    rig.run();
    await rig.clock.advance(reconnectMinMs + 100);
    poll();
    await rig.clock.advance(100);
    expect(rig.received(LIVE)).toMatchObject([{ qos: 0, retain: true }]);
    expect(rig.received(TOPIC)).toMatchObject([{ qos: 1, retain: false }]);
  });

  it('has null for a missing fix, whatever the journal has', async () => {
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

  it('has null for what the receiver does not know, whatever the journal has', async () => {
    rig = await Rig.start();
    rig.run();
    await rig.clock.advance(reconnectMinMs + 100);
    poll({
      latitude: 43.37,
      longitude: -8.4,
      altitudeM: null,
      speedKmh: 12,
      courseDeg: null,
      time: null,
      receivedAtMs: performance.now(),
    });
    await rig.clock.advance(100);
    const known = { latitude: 43.37, gps_speed: 12, fix: true };
    expect(JSON.parse(rig.received(LIVE)[0]?.payload ?? '')).toMatchObject({
      gpsinfo: { ...known, altitude: null },
    });
    expect(JSON.parse(rig.received(TOPIC)[0]?.payload ?? '')).toMatchObject({
      gpsinfo: { ...known, altitude: 0 },
    });
  });

  it('gets only the newest sample after a reconnect', async () => {
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
    const live = rig.received(LIVE).map(({ payload }) => (JSON.parse(payload) as { seq: number }).seq);
    expect(live).toEqual([10]);
  });

  it.each([
    [0, 12],
    [5_000, 12],
    [10_000, 6],
    [60_000, 1],
  ])('gets a sample each %d ms at most, always the newest: %d a minute', async (liveIntervalMs, count) => {
    rig = await Rig.start({ config: { liveIntervalMs } });
    rig.run();
    await rig.clock.advance(reconnectMinMs + 100);
    let newest = 0;
    const published: number[] = [];
    const newestThen: number[] = [];
    rig.onEvent = (event) => {
      if (event.type !== 'received' || event.topic !== LIVE) return;
      published.push((JSON.parse(event.payload) as { seq: number }).seq);
      newestThen.push(newest);
    };
    for (let sample = 1; sample <= 24; sample += 1) {
      newest = sample;
      poll();
      // Samples are not taken to the millisecond.
      await rig.clock.advance(sendIntervalMs + (sample % 2 === 0 ? 40 : -40));
    }
    expect(published).toHaveLength(2 * count);
    expect(published).toEqual(newestThen);
    expect(rig.journal).toHaveLength(24);
    rig.broker.disconnectAll();
    await rig.clock.advance(60_000);
    expect(JSON.parse(rig.received(LIVE).at(-1)?.payload ?? '')).toMatchObject({ seq: 24 });
  });

  it('gets nothing if it is off, and the retained sample of before is removed', async () => {
    rig = await Rig.start({ config: { liveIntervalMs: Infinity } });
    rig.run();
    await rig.clock.advance(reconnectMinMs + 100);
    for (let sample = 0; sample < 3; sample += 1) {
      poll();
      await rig.clock.advance(sendIntervalMs);
    }
    expect(rig.received(LIVE)).toMatchObject([{ payload: '', retain: true }]);
    expect(rig.journal).toHaveLength(3);
  });
});
