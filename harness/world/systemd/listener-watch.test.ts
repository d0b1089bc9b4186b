import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Owner, runAs, runAsWorld } from '../clock/timer-owner.ts';
import { watchListeners, type ListenerWatch } from './listener-watch.ts';

const ignore = (): void => undefined;
let client: Owner;
let watch: ListenerWatch;
beforeEach(() => {
  client = new Owner(ignore);
  watch = watchListeners();
});
afterEach(() => {
  watch.close();
});

it('counts the listeners of a process on emitters and abort signals, and not those of the world', () => {
  const emitter = new EventEmitter();
  const { signal } = new AbortController();
  emitter.on('data', ignore);
  runAs(client, () => {
    emitter.once('end', ignore).prependListener('close', ignore);
    signal.addEventListener('abort', ignore);
    runAsWorld(() => new EventEmitter().on('data', ignore));
  });
  expect(watch.count(client)).toEqual({ listeners: 3, mostListeners: 1 });
  emitter.emit('end');
  signal.removeEventListener('abort', ignore);
  expect(watch.count(client)).toEqual({ listeners: 1, mostListeners: 1 });
});

it('counts what grows on objects from before the first count, and the maximum on any object', () => {
  const [early, late] = [new EventEmitter(), new EventEmitter()];
  const listen = (emitter: EventEmitter, times: number): void => {
    for (let time = 1; time <= times; time++) emitter.on('connect', () => undefined);
  };
  runAs(client, () => listen(early, 1));
  const before = watch.count(client);
  runAs(client, () => {
    listen(early, 2);
    listen(late, 7);
  });
  expect(watch.count(client).listeners - before.listeners).toBe(2);
  expect(watch.count(client).mostListeners).toBe(7);
});

it('leaves the methods of emitters and signals as they were', () => {
  const methods = (): unknown[] => [
    Reflect.get(EventEmitter.prototype, 'on'),
    Reflect.get(EventTarget.prototype, 'addEventListener'),
  ];
  const watched = methods();
  watch.close();
  const restored = methods();
  expect(restored.map((method, index) => method === watched[index])).toEqual([false, false]);
  watch = watchListeners();
  watch.close();
  expect(methods()).toEqual(restored);
  watch = watchListeners();
});
