import { EventEmitter, getEventListeners } from 'node:events';
import { MqttClient } from 'mqtt';
import { replace } from '../clock/globals.ts';
import { currentOwner, type Owner } from '../clock/timer-owner.ts';

/** Listeners that a process has added to emitters and abort signals. */
export interface ListenerCounts {
  /** On everything that the process has listened to before the first count. */
  readonly listeners: number;
  /** Maximum so far for one event of one object, whenever the process began to listen to it. */
  readonly mostListeners: number;
}

/** Counts the listeners of virtual processes. */
export interface ListenerWatch {
  count(owner: Owner): ListenerCounts;
  /** Stops watching. */
  close(): void;
}

type EventName = string | symbol;
type Add = (this: object, event: EventName, ...rest: unknown[]) => unknown;

/** What one process listens to. */
interface Listened {
  /**
   * Objects before the first count, each with the number of its listeners before those of the process: Node.js itself
   * listens to `process`, differently in each version. Objects that come later are garbage at the next link or connection.
   */
  readonly objects: Map<object, number>;
  isCounted: boolean;
  most: number;
}

/** MQTT.js copies the methods of `EventEmitter` when it is loaded. */
const EMITTERS: readonly object[] = [EventEmitter.prototype, MqttClient.prototype];
/** Methods that add a listener; `once` and its like call them. */
const EMITTER_METHODS = ['on', 'addListener', 'prependListener'] as const;

/**
 * Watches the listeners that virtual processes add, until `close`: on any event emitter, which includes the Bluetooth
 * library with its peripherals and characteristics, the MQTT client, streams and serial ports, and on abort signals, of
 * whose listeners Node.js does not warn from version 22 on. It keeps only objects of the time before the first count, so that it causes no
 * growth itself, and depends on no garbage collection. Listeners that Node.js and the world have added are not counted.
 */
export function watchListeners(): ListenerWatch {
  const processes = new WeakMap<Owner, Listened>();
  const listenedBy = (owner: Owner): Listened => {
    const listened = processes.get(owner) ?? { objects: new Map(), isCounted: false, most: 0 };
    processes.set(owner, listened);
    return listened;
  };
  const added = (target: object, event: EventName): void => {
    const owner = currentOwner();
    if (!owner) return;
    const listened = listenedBy(owner);
    if (!listened.isCounted && !listened.objects.has(target))
      listened.objects.set(target, totalOf(target) - 1);
    listened.most = Math.max(listened.most, countOf(target, event));
  };
  const restores = [
    ...EMITTERS.map((prototype) => replace(prototype, watched(prototype, EMITTER_METHODS, added))),
    replace(EventTarget.prototype, watched(EventTarget.prototype, ['addEventListener'], added)),
  ];
  return {
    count: (owner) => {
      const listened = listenedBy(owner);
      listened.isCounted = true;
      const counts = [...listened.objects].map(([target, before]) => totalOf(target) - before);
      return { listeners: counts.reduce((sum, count) => sum + count, 0), mostListeners: listened.most };
    },
    close: () => {
      for (const restore of restores.reverse()) restore();
    },
  };
}

/** Makes methods that call those of a prototype and then `added`. */
function watched(
  prototype: object,
  methods: readonly string[],
  added: (target: object, event: EventName) => void,
): Readonly<Record<string, unknown>> {
  const watch = (add: Add): Add =>
    function (this: object, event, ...rest) {
      const result = add.call(this, event, ...rest);
      if (isEmitter(this) || this instanceof AbortSignal) added(this, event);
      return result;
    };
  return Object.fromEntries(methods.map((name) => [name, watch(Reflect.get(prototype, name) as Add)]));
}

/** Number of listeners of an object, for all events. */
function totalOf(target: object): number {
  const events = isEmitter(target) ? target.eventNames() : ['abort'];
  return events.reduce((sum, event) => sum + countOf(target, event), 0);
}

function countOf(target: object, event: EventName): number {
  if (isEmitter(target)) return target.listenerCount(event);
  return target instanceof AbortSignal ? getEventListeners(target, String(event)).length : 0;
}

function isEmitter(target: object): target is EventEmitter {
  return target instanceof EventEmitter || target instanceof MqttClient;
}
