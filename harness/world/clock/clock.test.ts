import nodeTimers from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EPOCH, virtualClock, type Clock } from './clock.ts';
import { runAs, runAsWorld, currentOwner, scheduleFor, Owner } from './timer-owner.ts';

let clock: Clock;
const owner = (): Owner => new Owner(() => expect.unreachable());

beforeEach(() => {
  clock = virtualClock();
});

afterEach(() => {
  clock.close();
});

describe('virtual time', () => {
  it('passes only on request, for timers, durations and the wall clock alike', async () => {
    const fired: string[] = [];
    setTimeout(
      () => fired.push(`${performance.now()} ${Date.now() - EPOCH.getTime()} ${clock.now()}`),
      5_000,
    );
    await clock.advance(4_999);
    expect(fired).toEqual([]);
    await clock.advance(1);
    expect(fired).toEqual(['5000 5000 5000']);
    expect(new Date().toISOString()).toBe('2026-05-04T06:00:05.000Z');
  });

  it('fires timers in order of time, and in order of the calls at the same time', async () => {
    const fired: string[] = [];
    setTimeout(() => fired.push('late'), 20);
    setTimeout(() => fired.push('first'), 10);
    setTimeout(() => fired.push('second'), 10);
    setImmediate(() => fired.push('at once'));
    await clock.advance(100);
    expect(fired).toEqual(['at once', 'first', 'second', 'late']);
  });

  it('settles promises and ticks between two callbacks at the same time', async () => {
    const fired: string[] = [];
    setTimeout(() => {
      fired.push('one');
      process.nextTick(() => fired.push('tick'));
      void Promise.resolve().then(() => Promise.resolve().then(() => fired.push('promise')));
    }, 10);
    setTimeout(() => fired.push('two'), 10);
    await clock.advance(10);
    expect(fired).toEqual(['one', 'tick', 'promise', 'two']);
  });

  it('does not pass between two immediates', async () => {
    let count = 0;
    const again = (): void => {
      if (++count < 1_000) setImmediate(again);
    };
    setImmediate(again);
    await clock.advance(1);
    expect(count).toBe(1_000);
  });

  it('repeats intervals until they are cleared, also from within their callback', async () => {
    let count = 0;
    const timer = setInterval(() => {
      if (++count === 3) clearInterval(timer);
    }, 100);
    await clock.advance(10_000);
    expect([count, clock.pendingTimers()]).toEqual([3, 0]);
  });

  it('gives timers the methods of Node.js timers', async () => {
    const fired: number[] = [];
    const timer = setTimeout(() => fired.push(clock.now()), 100);
    await clock.advance(60);
    timer.refresh();
    await clock.advance(60);
    expect([fired, timer.hasRef(), timer.unref().hasRef(), timer.ref().hasRef()]).toEqual([
      [],
      true,
      false,
      true,
    ]);
    await clock.advance(40);
    expect(fired).toEqual([160]);
    clearTimeout(timer);
    timer.refresh();
    expect(clock.pendingTimers()).toBe(0);
    setTimeout(() => fired.push(clock.now()), 0);
    setTimeout(() => fired.push(clock.now()), 2.9);
    await clock.advance(10);
    expect(fired).toEqual([160, 161, 162]);
  });

  it('replaces the timers of node:timers, node:timers/promises, promisify and AbortSignal as well', async () => {
    const fired: string[] = [];
    nodeTimers.setTimeout(() => fired.push('node:timers'), 10);
    void sleep(20, 'node:timers/promises').then((value) => fired.push(value));
    void promisify(setTimeout)(30).then(() => fired.push('promisify'));
    AbortSignal.timeout(40).addEventListener('abort', () => fired.push('AbortSignal'));
    await clock.advance(50);
    expect(fired).toEqual(['node:timers', 'node:timers/promises', 'promisify', 'AbortSignal']);
  });

  it('works for functions that a library has kept from an earlier world', async () => {
    const { setTimeout: kept } = globalThis;
    clock.close();
    clock = virtualClock();
    let hasFired = false;
    kept(() => (hasFired = true), 1_000);
    await clock.advance(1_000);
    expect(hasFired).toBe(true);
  });

  it('stops as soon as an awaited promise settles', async () => {
    const promise = new Promise((resolve) => setTimeout(() => resolve('there'), 1_234));
    expect(await clock.until(promise)).toBe('there');
    expect(clock.now()).toBe(1_234);
    await expect(clock.until(new Promise(() => undefined), 500)).rejects.toThrow('0.5 s of virtual time');
  });

  it('keeps durations if the wall clock is stepped', async () => {
    await clock.advance(100);
    clock.stepWallClock(-3_600_000);
    expect([Date.now() - EPOCH.getTime(), performance.now()]).toEqual([100 - 3_600_000, 100]);
  });

  it('reports an endless loop of immediates', async () => {
    const again = (): void => void setImmediate(again);
    again();
    await expect(clock.advance(10)).rejects.toThrow('The virtual clock does not advance beyond 0 ms');
  });

  it('rejects with the error that a callback of the world throws', async () => {
    setTimeout(() => {
      throw new Error('broken');
    }, 10);
    await expect(clock.advance(100)).rejects.toThrow('broken');
  });

  it('is replaced by real time when the clock is closed', () => {
    clock.close();
    expect(Math.abs(Date.now() - EPOCH.getTime())).toBeGreaterThan(60_000);
    expect(setTimeout.name).not.toBe('');
    clock = virtualClock();
  });
});

describe('a virtual process', () => {
  it('owns what its code causes through timers and promises, but not what the world does for it', async () => {
    const mine = owner();
    const owners: (Owner | undefined)[] = [];
    runAs(mine, () => {
      setTimeout(() => {
        void Promise.resolve().then(() => owners.push(currentOwner()));
        runAsWorld(() => setTimeout(() => owners.push(currentOwner()), 10));
      }, 10);
    });
    await clock.advance(100);
    expect(owners).toEqual([mine, undefined]);
  });

  it('runs no callback after its end', async () => {
    const mine = owner();
    const fired: string[] = [];
    runAs(mine, () => {
      setTimeout(() => fired.push('timer'), 10);
      setInterval(() => fired.push('interval'), 10);
    });
    setTimeout(() => fired.push('world'), 10);
    expect([clock.pendingTimers(mine), clock.pendingTimers()]).toEqual([2, 3]);
    mine.end();
    clock.clearTimersOf(mine);
    scheduleFor(mine, () => fired.push('later'));
    await clock.advance(100);
    expect([fired, clock.pendingTimers()]).toEqual([['world'], 0]);
  });

  it('sets no timer in a callback that outlives its end', async () => {
    const mine = owner();
    let hasFired = false;
    runAs(mine, () => {
      mine.end();
      setTimeout(() => (hasFired = true), 10);
    });
    await clock.advance(100);
    expect([hasFired, clock.pendingTimers()]).toEqual([false, 0]);
  });

  it('crashes without affecting the world', async () => {
    const crashes: string[] = [];
    const mine = new Owner((error) => crashes.push(String(error)));
    runAs(mine, () => {
      setTimeout(() => {
        throw new Error('broken');
      }, 10);
    });
    let hasFired = false;
    setTimeout(() => (hasFired = true), 20);
    await clock.advance(100);
    expect([crashes, hasFired]).toEqual([['Error: broken'], true]);
  });
});
