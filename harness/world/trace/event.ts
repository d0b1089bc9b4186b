import type { ReceivedMessage } from '../broker/virtual-broker.ts';

/** What the Pi's adapter and the scooter's do on the air. */
type AirEvent =
  | { readonly type: 'scan'; readonly on: boolean }
  /** The Pi's adapter is told to connect, once or as often as its host asks again. */
  | { readonly type: 'link.attempt' }
  | { readonly type: 'link.up'; readonly supervisionMs: number }
  | { readonly type: 'link.updated'; readonly supervisionMs: number }
  /** @param reason as HCI's Disconnection Complete numbers it */
  | { readonly type: 'link.down'; readonly reason: number };

/** What the scooter does, seen from inside. */
type ScooterEvent =
  | { readonly type: 'scooter.on' | 'scooter.off' }
  /** It advertises, or is about to: whoever searches may find it. */
  | { readonly type: 'login'; readonly ok: boolean }
  /**
   * A reply to a read goes out; replies are numbered from 1.
   * @param data what the registers held, in hex
   */
  | {
      readonly type: 'reply.sent';
      readonly id: number;
      readonly device: string;
      readonly register: number;
      readonly data: string;
    }
  /** All of a reply has reached the Pi's adapter. */
  | { readonly type: 'reply.carried'; readonly id: number };

/** What the GPS receiver measures and its port carries. */
interface GpsEvent {
  readonly type: 'gps.fix';
  /** Degrees; none without a fix. */
  readonly latitude?: number;
  readonly longitude?: number;
  /** Of the satellites, ISO 8601. */
  readonly time: string;
  /** Whether the client had the port open, and all of it reached the wire unharmed. */
  readonly heard: boolean;
}

/** What the broker sees. */
type BrokerEvent =
  | {
      readonly type: 'broker.attempt' | 'broker.connected' | 'broker.disconnected';
      readonly clientId: string;
    }
  | ({ readonly type: 'received' } & ReceivedMessage);

/** What the disk sees: a sample whose append was synced. */
interface TakenEvent {
  readonly type: 'taken';
  readonly bootId: string;
  readonly seq: number;
}

/** What systemd sees; processes are numbered from 1. */
type ProcessEvent =
  | { readonly type: 'client.started'; readonly life: number }
  | {
      readonly type: 'client.ended';
      readonly life: number;
      readonly how: 'exit' | 'killed' | 'power cut' | 'crashed';
      readonly code?: number;
      /** Why it crashed. */
      readonly error?: string;
    };

/** What the client holds just now, as the world counts it. */
interface CensusEvent {
  readonly type: 'census';
  readonly timers: number;
  /** Listeners on its sockets, ports and on the process. */
  readonly listeners: number;
  /** Open sockets, ports, connections and stores. */
  readonly handles: number;
  readonly storeBytes: number;
}

/** What the script does. Steps are numbered from 1 in the order of the file. */
type ScriptEvent =
  | { readonly type: 'fault.began'; readonly step: number; readonly fault: string; readonly detail: string }
  | { readonly type: 'fault.ended'; readonly step: number; readonly fault: string };

/** The client's own word: for people. No guarantee believes it. */
interface SaidEvent {
  readonly type: 'log';
  readonly level: string;
  readonly message: string;
}

type Content =
  | AirEvent
  | ScooterEvent
  | GpsEvent
  | BrokerEvent
  | TakenEvent
  | ProcessEvent
  | CensusEvent
  | ScriptEvent
  | SaidEvent;

/** Something that happened in a world, in milliseconds since it began. Nothing in it is secret. */
export type TraceEvent = Content & { readonly atMs: number };

export type TraceEventType = TraceEvent['type'];

/** An event before it is stamped. */
export type Happening = Content;

/** The events of one type. */
export type EventOf<Type extends TraceEventType> = TraceEvent & { readonly type: Type };
