import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { virtualClock, type Clock } from '../clock/clock.ts';
import type { EventContent } from '../trace/event.ts';
import type { Platform } from '../../../client/platform.ts';
import { ClientProcess } from './client-process.ts';
import { Service } from './service.ts';

let clock: Clock;
let recorded: string[];
let service: Service;
/** The behaviour of the client, by the number of the start. */
let runs: ((signal: AbortSignal) => Promise<number>)[];

const untilStopped = (signal: AbortSignal): Promise<number> =>
  new Promise((resolve) => signal.addEventListener('abort', () => setTimeout(() => resolve(0), 1_000)));
const exits =
  (code: number, afterMs = 100) =>
  (): Promise<number> =>
    new Promise((resolve) => setTimeout(() => resolve(code), afterMs));

beforeEach(() => {
  clock = virtualClock();
  recorded = [];
  runs = [];
  const record = (event: EventContent): void => {
    const { type, ...rest } = event;
    recorded.push(`${clock.now()} ${type} ${JSON.stringify(rest)}`);
  };
  service = new Service({
    record,
    start: (onEnd) =>
      new ClientProcess({
        main: (_args, _platform, signal) => (runs.shift() ?? untilStopped)(signal),
        args: [],
        platform: {} as Platform,
        cleanUp: (owner) => clock.clearTimersOf(owner),
        onEnd,
      }),
  });
});

afterEach(() => {
  clock.close();
});

describe('systemd', () => {
  it.each([69, 71, 75])('restarts a client 5 s after exit code %i', async (code) => {
    runs = [exits(code)];
    service.start();
    await clock.advance(10_000);
    expect(recorded).toEqual([
      '0 client.started {"life":1}',
      `100 client.ended {"life":1,"how":"exit","code":${code}}`,
      '5100 client.started {"life":2}',
    ]);
  });

  it.each([0, 77, 78])('does not restart a client after exit code %i', async (code) => {
    runs = [exits(code)];
    service.start();
    await clock.advance(60_000);
    expect([service.starts, service.process]).toEqual([1, undefined]);
  });

  it('restarts the client after kill -9 and after a crash', async () => {
    runs = [
      untilStopped,
      untilStopped,
      () =>
        new Promise(() => {
          setTimeout(() => {
            throw new Error('broken');
          }, 10);
        }),
    ];
    service.start();
    await clock.advance(0);
    service.kill();
    await clock.advance(5_000);
    service.kill();
    await clock.advance(10_020);
    expect(recorded.filter((line) => line.includes('ended'))).toEqual([
      '0 client.ended {"life":1,"how":"killed"}',
      '5000 client.ended {"life":2,"how":"killed"}',
      '10010 client.ended {"life":3,"how":"crashed","error":"Error: broken"}',
    ]);
    expect(service.starts).toBe(4);
  });

  it('stops the client by a signal, and waits for its end', async () => {
    service.start();
    await clock.until(service.stop());
    expect(clock.now()).toBe(1_000);
    await clock.advance(60_000);
    expect(service.starts).toBe(1);
  });

  it('starts the client again if that was requested while it stopped', async () => {
    service.start();
    void service.stop();
    service.start();
    await clock.advance(1_100);
    expect(recorded.at(-1)).toBe('1100 client.started {"life":2}');
  });

  it('is started again by a restart, whether it runs or not', async () => {
    service.restart();
    await clock.advance(500);
    service.restart();
    await clock.advance(5_000);
    expect(recorded.filter((line) => line.includes('started'))).toEqual([
      '0 client.started {"life":1}',
      '1600 client.started {"life":2}',
    ]);
  });

  it('is started after a hang-up only once that is requested, even while it still ends', async () => {
    service.start();
    service.sendHangup(2);
    await clock.advance(60_000);
    expect(service.starts).toBe(1);
    service.start();
    service.sendHangup(1);
    service.start();
    await clock.advance(5_000);
    expect(service.starts).toBe(3);
  });

  it('does not start the client while the Pi has no power', async () => {
    service.start();
    service.powerCut();
    await clock.advance(30_000);
    // Without the power cut it would have been restarted by now.
    service.start();
    await clock.advance(30_000);
    expect(service.starts).toBe(1);
    service.powerOn();
    expect(recorded.at(-1)).toBe('60000 client.started {"life":2}');
  });
});
