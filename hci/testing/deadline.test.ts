import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { once, onceThat, withinDeadline } from './deadline.ts';

let expire: () => void;
beforeEach(() => {
  const deadline = new AbortController();
  expire = () => deadline.abort();
  vi.spyOn(AbortSignal, 'timeout').mockReturnValue(deadline.signal);
});
afterEach(() => void vi.restoreAllMocks());

const never = new Promise<never>(() => undefined);

describe('a wait of a test', () => {
  it('for an event that never comes fails, and names the event', async () => {
    const emitter = new EventEmitter();
    const wait = once(emitter, 'exit');
    expire();
    await expect(wait).rejects.toThrow('waited 60 s for the event "exit"');
    expect(emitter.eventNames()).toEqual([]);
  });

  it('for a condition that never holds fails, whatever events come', async () => {
    const emitter = new EventEmitter();
    const wait = onceThat(() => false, [emitter, 'line'], 'a line');
    emitter.emit('line');
    expire();
    await expect(wait).rejects.toThrow('waited 60 s for a line');
    expect(emitter.eventNames()).toEqual([]);
  });

  it('for a promise that never settles fails', async () => {
    const wait = withinDeadline(never, 'the end');
    expire();
    await expect(wait).rejects.toThrow('waited 60 s for the end');
  });

  it('ends with what it has waited for, and leaves no listeners', async () => {
    const emitter = new EventEmitter();
    const event = once(emitter, 'exit');
    let count = 0;
    const condition = onceThat(() => count === 2, [emitter, 'line'], 'two lines');
    for (; count < 2;) {
      count += 1;
      emitter.emit('line');
    }
    emitter.emit('exit', 7);
    expect(await event).toEqual([7]);
    await condition;
    expect(await withinDeadline(Promise.resolve(1), 'it')).toBe(1);
    expect(emitter.eventNames()).toEqual([]);
  });

  it('for an event fails with the error that comes instead', async () => {
    const emitter = new EventEmitter();
    const wait = once(emitter, 'open');
    emitter.emit('error', new Error('refused'));
    await expect(wait).rejects.toThrow('refused');
  });
});
