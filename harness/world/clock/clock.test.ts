import nodeTimers from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EPOCH, virtualClock, type Clock } from './clock.ts';
import { runAs, runAsWorld, currentOwner, scheduleFor, Owner } from './owner.ts';

let clock: Clock;
const owner = (): Owner => new Owner(() => expect.unreachable());

beforeEach(() => {
  clock = virtualClock();
});

afterEach(() => {
  clock.close();
});

describe('virtual time', () => {
  it('passes only when it is told to, for timers, durations and the wall clock alike', async () => {
    const heard: string[] = [];
    setTimeout(
      () => heard.push(`${performance.now()} ${Date.now() - EPOCH.getTime()} ${clock.now()}`),
      5_000,
    );
    await clock.advance(4_999);
    expect(heard).toEqual([]);
    await clock.advance(1);
    expect(heard).toEqual(['5000 5000 5000']);
    expect(new Date().toISOString()).toBe('2026-05-04T06:00:05.000Z');
  });

  it('fires in the order of the moments, and at one moment in the order of the calls', async () => {
    const heard: string[] = [];
    setTimeout(() => heard.push('late'), 20);
    setTimeout(() => heard.push('first'), 10);
    setTimeout(() => heard.push('second'), 10);
    setImmediate(() => heard.push('at once'));
    await clock.advance(100);
    expect(heard).toEqual(['at once', 'first', 'second', 'late']);
  });

  it('settles promises and ticks between two callbacks of the same moment', async () => {
    const heard: string[] = [];
    setTimeout(() => {
      heard.push('one');
      process.nextTick(() => heard.push('tick'));
      void Promise.resolve().then(() => Promise.resolve().then(() => heard.push('promise')));
    }, 10);
    setTimeout(() => heard.push('two'), 10);
    await clock.advance(10);
    expect(heard).toEqual(['one', 'tick', 'promise', 'two']);
  });

  it('costs nothing between two immediates', async () => {
    let count = 0;
    const again = (): void => {
      if (++count < 1_000) setImmediate(again);
    };
    setImmediate(again);
    await clock.advance(1);
    expect(count).toBe(1_000);
  });

  it('repeats intervals until they are cleared, from within as well', async () => {
    let count = 0;
    const timer = setInterval(() => {
      if (++count === 3) clearInterval(timer);
    }, 100);
    await clock.advance(10_000);
    expect([count, clock.pendingTimers()]).toEqual([3, 0]);
  });

  it('knows what Node.js knows of timers', async () => {
    const heard: number[] = [];
    const timer = setTimeout(() => heard.push(clock.now()), 100);
    await clock.advance(60);
    timer.refresh();
    await clock.advance(60);
    expect([heard, timer.hasRef(), timer.unref().hasRef(), timer.ref().hasRef()]).toEqual([
      [],
      true,
      false,
      true,
    ]);
    await clock.advance(40);
    expect(heard).toEqual([160]);
    clearTimeout(timer);
    timer.refresh();
    expect(clock.pendingTimers()).toBe(0);
    setTimeout(() => heard.push(clock.now()), 0);
    setTimeout(() => heard.push(clock.now()), 2.9);
    await clock.advance(10);
    expect(heard).toEqual([160, 161, 162]);
  });

  it('reaches whoever asks the modules, or Node.js itself, for a timer', async () => {
    const heard: string[] = [];
    nodeTimers.setTimeout(() => heard.push('node:timers'), 10);
    void sleep(20, 'node:timers/promises').then((said) => heard.push(said));
    void promisify(setTimeout)(30).then(() => heard.push('promisify'));
    AbortSignal.timeout(40).addEventListener('abort', () => heard.push('AbortSignal'));
    await clock.advance(50);
    expect(heard).toEqual(['node:timers', 'node:timers/promises', 'promisify', 'AbortSignal']);
  });

  it('goes on for functions that a library has kept from an earlier world', async () => {
    const { setTimeout: kept } = globalThis;
    clock.close();
    clock = virtualClock();
    let isHeard = false;
    kept(() => (isHeard = true), 1_000);
    await clock.advance(1_000);
    expect(isHeard).toBe(true);
  });

  it('ends in the very moment in which a promise settles', async () => {
    const promise = new Promise((resolve) => setTimeout(() => resolve('there'), 1_234));
    expect(await clock.until(promise)).toBe('there');
    expect(clock.now()).toBe(1_234);
    await expect(clock.until(new Promise(() => undefined), 500)).rejects.toThrow('0.5 s of virtual time');
  });

  it('may be stepped on the wall, and durations do not notice', async () => {
    await clock.advance(100);
    clock.stepWallClock(-3_600_000);
    expect([Date.now() - EPOCH.getTime(), performance.now()]).toEqual([100 - 3_600_000, 100]);
  });

  it('says so where it cannot go on', async () => {
    const again = (): void => void setImmediate(again);
    again();
    await expect(clock.advance(10)).rejects.toThrow('The clock stands still at 0 ms');
  });

  it('hands on what a callback of the world throws', async () => {
    setTimeout(() => {
      throw new Error('broken');
    }, 10);
    await expect(clock.advance(100)).rejects.toThrow('broken');
  });

  it('is the real one again afterwards', () => {
    clock.close();
    expect(Math.abs(Date.now() - EPOCH.getTime())).toBeGreaterThan(60_000);
    expect(setTimeout.name).not.toBe('');
    clock = virtualClock();
  });
});

describe('what belongs to a process', () => {
  it('is what it sets off, through timers and promises, and not what the world does for it', async () => {
    const mine = owner();
    const whose: (Owner | undefined)[] = [];
    runAs(mine, () => {
      setTimeout(() => {
        void Promise.resolve().then(() => whose.push(currentOwner()));
        runAsWorld(() => setTimeout(() => whose.push(currentOwner()), 10));
      }, 10);
    });
    await clock.advance(100);
    expect(whose).toEqual([mine, undefined]);
  });

  it('never happens any more once it has ended', async () => {
    const mine = owner();
    const heard: string[] = [];
    runAs(mine, () => {
      setTimeout(() => heard.push('timer'), 10);
      setInterval(() => heard.push('interval'), 10);
    });
    setTimeout(() => heard.push('world'), 10);
    expect([clock.pendingTimers(mine), clock.pendingTimers()]).toEqual([2, 3]);
    mine.end();
    clock.clearTimersOf(mine);
    scheduleFor(mine, () => heard.push('later'));
    await clock.advance(100);
    expect([heard, clock.pendingTimers()]).toEqual([['world'], 0]);
  });

  it('sets nothing off in what still runs of it', async () => {
    const mine = owner();
    let isHeard = false;
    runAs(mine, () => {
      mine.end();
      setTimeout(() => (isHeard = true), 10);
    });
    await clock.advance(100);
    expect([isHeard, clock.pendingTimers()]).toEqual([false, 0]);
  });

  it('crashes alone', async () => {
    const crashes: string[] = [];
    const mine = new Owner((error) => crashes.push(String(error)));
    runAs(mine, () => {
      setTimeout(() => {
        throw new Error('broken');
      }, 10);
    });
    let isHeard = false;
    setTimeout(() => (isHeard = true), 20);
    await clock.advance(100);
    expect([crashes, isHeard]).toEqual([['Error: broken'], true]);
  });
});
