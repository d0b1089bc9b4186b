import { afterEach, describe, expect, it } from 'vitest';
import { MQTT_CONFIG, Rig } from './rig.ts';

const { keepAliveS, reconnectMinMs, sendIntervalMs } = MQTT_CONFIG;
const KEEP_ALIVE_MS = keepAliveS * 1_000;
/** Maximum pause before the second attempt after a successful one. */
const MAX_PAUSE_MS = 2 * reconnectMinMs + 100;

let rig: Rig;
afterEach(async () => {
  expect(await rig.close(), 'pending timers after the end of the uplink').toBe(0);
});

/** Waits for the next connection attempt, with or without new samples; returns how long that took. */
async function nextAttemptMs(isPolling: boolean): Promise<number> {
  const beganMs = performance.now();
  const before = rig.attempts.length;
  while (rig.attempts.length === before && performance.now() - beganMs < 120_000) {
    if (isPolling) await rig.append(1);
    await rig.clock.advance(sendIntervalMs);
  }
  return (rig.attempts.at(-1)?.atMs ?? Infinity) - beganMs;
}

describe('a half-open connection', () => {
  it('is detected within keep_alive of the first unacknowledged sample, and loses nothing', async () => {
    rig = await Rig.connected();
    await rig.append(3);
    await rig.clock.advance(1_000);
    rig.broker.sever();
    expect(await nextAttemptMs(true)).toBeLessThanOrEqual(KEEP_ALIVE_MS + MAX_PAUSE_MS);
    expect(rig.warnings[0]?.reason).toBe(`The broker has acknowledged nothing for ${keepAliveS} s`);
    await rig.clock.advance(10_000);
    const count = rig.outbox.appends;
    expect(rig.journal.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    expect(rig.outbox.usage.count).toBe(0);
  });

  it('is detected within one and a half keep_alive if there is nothing to send', async () => {
    rig = await Rig.connected();
    rig.broker.sever();
    expect(await nextAttemptMs(false)).toBeLessThanOrEqual(1.5 * KEEP_ALIVE_MS + MAX_PAUSE_MS);
    expect(rig.warnings[0]?.reason).toBe('The connection to the broker failed: Keepalive timeout');
  });

  it('is also assumed if the broker acknowledges nothing while live samples are published', async () => {
    rig = await Rig.connected();
    rig.broker.behaviours.add({
      delayMs: 3_600_000,
    });
    await rig.append(1);
    const beganMs = performance.now();
    const before = rig.attempts.length;
    while (rig.attempts.length === before && performance.now() - beganMs < 120_000) {
      rig.uplink.publishLive(`{"at":${performance.now()}}`);
      await rig.clock.advance(sendIntervalMs);
    }
    expect(performance.now() - beganMs).toBeLessThanOrEqual(KEEP_ALIVE_MS + sendIntervalMs + MAX_PAUSE_MS);
  });

  it.each([5_000, 18_000])('is not assumed by a broker that acknowledges %d ms late', async (delayMs) => {
    rig = await Rig.connected();
    const before = rig.attempts.length;
    rig.broker.behaviours.add({ delayMs });
    for (let count = 0; count < 5; count += 1) {
      await rig.append(1);
      await rig.clock.advance(2.5 * KEEP_ALIVE_MS);
    }
    expect(rig.attempts).toHaveLength(before);
    expect(rig.warnings).toEqual([]);
  });

  it('quarantines no sample, however often it happens with the same one', async () => {
    rig = await Rig.connected();
    rig.onEvent = (event) => {
      if (event.type === 'received' && event.topic === MQTT_CONFIG.topic) rig.broker.sever();
    };
    await rig.append(1);
    await rig.clock.advance(600_000);
    expect(rig.journal.filter(({ seq }) => seq === 1).length).toBeGreaterThan(5);
    rig.onEvent = () => undefined;
    await rig.clock.advance(60_000);
    expect(rig.outbox.ledger.totals).toEqual({});
    expect(rig.outbox.usage.count).toBe(0);
  });
});
