import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ClockSync, type ClockSource } from './clock-sync.ts';
import { createLogger } from './log.ts';
import { systemClock } from './system-clock.ts';

const log = createLogger({ level: 'silent', format: 'json', sink: { write: () => undefined } });

/** A kernel that answers as told, and counts the questions. */
class FakeClock implements ClockSource {
  answer: boolean | Error = false;
  hasFile = false;
  readonly askedAtMs: number[] = [];

  readonly isKernelSynced = (): Promise<boolean> => {
    this.askedAtMs.push(performance.now());
    return this.answer instanceof Error ? Promise.reject(this.answer) : Promise.resolve(this.answer);
  };

  readonly hasTimesyncdSynced = (): boolean => this.hasFile;
}

let clock: FakeClock;
let sync: ClockSync;
let stop: AbortController;
beforeEach(() => {
  vi.useFakeTimers();
  clock = new FakeClock();
  sync = new ClockSync(clock, log);
  stop = new AbortController();
});
afterEach(() => vi.useRealTimers());

describe('the clock of the machine', () => {
  it('counts as synchronised when the kernel says so, whatever the file of timesyncd', async () => {
    clock.hasFile = true;
    const running = sync.run(stop.signal);
    await vi.advanceTimersByTimeAsync(9_999);
    expect([sync.state, sync.isSynced]).toEqual([false, false]);
    clock.answer = true;
    await vi.advanceTimersByTimeAsync(1);
    expect(sync.state).toBe(true);
    await running;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is asked for every 10 s in the first ten minutes, then once a minute, until it is synchronised', async () => {
    const running = sync.run(stop.signal);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(clock.askedAtMs).toHaveLength(61);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(clock.askedAtMs).toHaveLength(71);
    clock.answer = true;
    await vi.advanceTimersByTimeAsync(60_000);
    await running;
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(clock.askedAtMs).toHaveLength(72);
  });

  it('is unknown if the kernel cannot be asked, unless timesyncd has synchronised it', async () => {
    clock.answer = new Error('spawn timedatectl ENOENT');
    void sync.run(stop.signal);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([sync.state, sync.isSynced]).toEqual([undefined, false]);
    clock.hasFile = true;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(sync.state).toBe(true);
  });

  it('is not asked for any more after a stop', async () => {
    const running = sync.run(stop.signal);
    await vi.advanceTimersByTimeAsync(10_000);
    stop.abort();
    await running;
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the program that is asked', () => {
  beforeEach(() => vi.useRealTimers());
  const node = (script: string): ClockSource => systemClock([process.execPath, '-e', script]);

  it.each([
    ['yes', true],
    ['no', false],
  ])('that prints %s is understood', async (printed, expected) => {
    expect(await node(`console.log('${printed}')`).isKernelSynced(stop.signal)).toBe(expected);
  });

  it.each([
    ['is missing', systemClock(['/nonexistent/timedatectl'])],
    ['fails', node('process.exit(1)')],
    ['prints something else', node("console.log('n/a')")],
  ])('and %s is an error', async (_, source) => {
    await expect(source.isKernelSynced(stop.signal)).rejects.toThrow();
  });

  it('and hangs is killed by a stop', async () => {
    const asked = node('setInterval(() => 0, 1e6)').isKernelSynced(stop.signal);
    stop.abort();
    await expect(asked).rejects.toThrow('abort');
  });
});
