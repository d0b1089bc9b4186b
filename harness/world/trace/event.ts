import type { Bounds } from '../../../client/outbox/retention.ts';
import type { ParcelRejection } from '../../../simulator/firmware/quirks.ts';
import type { ScooterTruth } from './scooter-truth.ts';
import type { ConnectionTerms, ReceivedMessage, Authorization } from '../broker/broker-event.ts';

/** What the adapters of the Pi and the scooter do on the air. */
type AirEvent =
  | { readonly type: 'scan'; readonly on: boolean }
  /** Whether the scooter advertises, in range or not. */
  | { readonly type: 'advertising'; readonly on: boolean }
  /** The client opens the Pi's adapter, with success or without. */
  | { readonly type: 'adapter.opened' }
  /** The host tells the Pi's adapter to connect. */
  | { readonly type: 'link.attempt' }
  | { readonly type: 'link.up'; readonly supervisionMs: number }
  | { readonly type: 'link.updated'; readonly supervisionMs: number }
  /** `reason` is that of HCI's Disconnection Complete. */
  | { readonly type: 'link.down'; readonly reason: number }
  /** The scooter has noticed the end of the link as well, if it does so later. */
  | { readonly type: 'link.released' };

/** What the scooter's firmware does. */
type ScooterEvent =
  /** From `scooter.on` to `scooter.off` the scooter advertises or is about to: a search may find it. */
  | { readonly type: 'scooter.on' | 'scooter.off' }
  | { readonly type: 'login'; readonly ok: boolean }
  /** The client starts another login after one of whose parcels was rejected, on the same connection. */
  | { readonly type: 'login.repeated' }
  /** A quirk of the scooter ignores or ends a login; `rejection` is how it has answered a parcel, if it has. */
  | { readonly type: 'login.prevented'; readonly rejection?: ParcelRejection }
  /** The scooter sends a reply to a read; `id` counts from 1, `data` are the contents of the registers in hex. */
  | {
      readonly type: 'reply.sent';
      readonly id: number;
      readonly device: string;
      readonly register: number;
      readonly data: string;
      /** Time since the read reached the scooter, if it was not answered at once. */
      readonly waitedMs?: number;
      /** What the scooter is doing that the reply shows, if the registers are polled. */
      readonly truth?: ScooterTruth;
    }
  /** The scooter beeps: a press of its power button confirms a pairing. `pairing.opened`: it was pressed in time. */
  | { readonly type: 'beep' | 'pairing.opened' }
  /** The scooter has accepted a pairing, and its new token. */
  | { readonly type: 'paired' }
  /** The app requests chunks of a parcel again, that the scooter has sent. */
  | { readonly type: 'chunks.requested' }
  /** The scooter does not answer a read; `waitedMs` as above. */
  | {
      readonly type: 'reply.withheld';
      readonly device: string;
      readonly register: number;
      readonly waitedMs?: number;
    }
  /** The last fragment of a reply has reached the Pi's adapter. */
  | { readonly type: 'reply.carried'; readonly id: number };

/** The client opens the port of the GPS receiver, or a connection to gpsd, with success or without. */
interface PortEvent {
  readonly type: 'gps.opened';
}

/** A measurement of the GPS receiver. A trace omits what is undefined. */
interface GpsEvent {
  readonly type: 'gps.fix';
  /** Degrees; absent without a fix from satellites. */
  readonly latitude?: number;
  readonly longitude?: number;
  /** Above mean sea level. What the sentences do not contain is undefined, as is the speed. */
  readonly altitudeM?: number | undefined;
  readonly speedKmh?: number | undefined;
  /** Satellite time, ISO 8601. */
  readonly time: string;
  /** Whether the client had the port open and the sentences were sent intact. */
  readonly heard: boolean;
  /** False if no date was sent with a position since the port was opened. */
  readonly dated?: false | undefined;
  /** False if the client cannot tell before the next measurement that this one is complete. */
  readonly ended?: false | undefined;
  /** Time since the first sentence with the position; 0 if undefined. */
  readonly ageMs?: number | undefined;
}

/** The Pi's wall clock is stepped. */
interface ClockEvent {
  readonly type: 'clock.stepped';
  readonly byMs: number;
}

/** What the broker sees. */
type BrokerEvent =
  | { readonly type: 'broker.disconnected'; readonly clientId: string }
  /** `offer` is what CONNECT offers: the version and what the last will requires. */
  | { readonly type: 'broker.attempt'; readonly clientId: string; readonly offer: string }
  /** An attempt fails at once; `code` is the return code or reason code of CONNACK, absent if the port is closed. */
  | { readonly type: 'broker.refused'; readonly clientId: string; readonly code?: number }
  /** The client has exceeded a limit that CONNACK stated; `reason` is the reason code of MQTT 5. */
  | { readonly type: 'broker.violation'; readonly reason: number }
  | ({ readonly type: 'broker.connected'; readonly clientId: string } & ConnectionTerms)
  | ({ readonly type: 'received' } & ReceivedMessage & Authorization);

/** A sample was synced to the disk. */
interface StoredEvent {
  readonly type: 'taken';
  readonly bootId: string;
  readonly seq: number;
}

/** A fault has damaged or removed a stored sample: nobody can read it any more. */
interface DamagedEvent {
  readonly type: 'sample.damaged';
  readonly bootId: string;
  readonly seq: number;
}

/** The client has read stored samples with consecutive sequence numbers from the disk. */
interface LoadedEvent {
  readonly type: 'loaded';
  readonly bootId: string;
  readonly first: number;
  readonly last: number;
}

/** What systemd sees; `life` numbers the processes, from 1. */
type ProcessEvent =
  | { readonly type: 'client.started'; readonly life: number }
  | {
      readonly type: 'client.ended';
      readonly life: number;
      readonly how: 'exit' | 'killed' | 'power cut' | 'crashed';
      readonly code?: number;
      readonly error?: string;
    };

/** What an owner sees of a command of the client, other than the service. */
type CommandEvent =
  | { readonly type: 'command.started'; readonly command: string }
  | {
      readonly type: 'command.ended';
      readonly command: string;
      readonly how: 'exit' | 'killed' | 'power cut' | 'crashed';
      readonly code?: number;
      readonly error?: string;
    };

/** Resources that the client holds, as the world counts them. */
interface CensusEvent {
  readonly type: 'census';
  readonly timers: number;
  /** Listeners on everything that the process has listened to since before its first census. */
  readonly listeners: number;
  /** Maximum so far for one event of one object. */
  readonly mostListeners: number;
  /** Open sockets, ports, connections and stores. */
  readonly handles: number;
  readonly storeBytes: number;
}

/** A warning of Node.js that the client has caused. */
interface WarningEvent {
  readonly type: 'warning';
  /** Such as `MaxListenersExceededWarning`. */
  readonly name: string;
  readonly message: string;
}

/** The client runs in a loop: too many of its callbacks were due in a span of time. It is killed, and the run ends. */
interface LoopEvent {
  readonly type: 'client.looped';
  readonly callbacks: number;
  /** Time in which they were due. */
  readonly overMs: number;
}

/** The owner has changed the configuration of the client: its next process reads it. */
interface ConfiguredEvent {
  readonly type: 'client.configured';
  readonly outbox: Bounds;
}

/** What the scenario's script does; `step` counts from 1 in the order of the file. */
type ScriptEvent =
  | { readonly type: 'fault.began'; readonly step: number; readonly fault: string; readonly detail: string }
  | { readonly type: 'fault.ended'; readonly step: number; readonly fault: string };

/** A line of the client's log, for people: no guarantee relies on it. */
interface LogEvent {
  readonly type: 'log';
  readonly level: string;
  readonly message: string;
}

/** What happened, before the trace adds the time. */
export type EventContent =
  | AirEvent
  | ScooterEvent
  | GpsEvent
  | PortEvent
  | ClockEvent
  | BrokerEvent
  | StoredEvent
  | LoadedEvent
  | DamagedEvent
  | ProcessEvent
  | CommandEvent
  | CensusEvent
  | WarningEvent
  | LoopEvent
  | ConfiguredEvent
  | ScriptEvent
  | LogEvent;

/** An event in a world, in milliseconds since its start. It contains no secret. */
export type TraceEvent = EventContent & { readonly atMs: number };

export type TraceEventType = TraceEvent['type'];

/** The events of one type. */
export type EventOf<Type extends TraceEventType> = TraceEvent & { readonly type: Type };
