import type { Config } from '../../../client/config/schema.ts';
import { ADDRESSES, requestedDevice } from '../../../protocol/message.ts';
import type { Channel } from '../../../simulator/firmware/channel.ts';
import type { FirmwareEvent } from '../../../simulator/firmware/firmware.ts';
import type { WrittenMeasurement } from '../../../simulator/gps/receiver.ts';
import type { RideState } from '../../../simulator/ride/ride-state.ts';
import type { AirEvent } from '../radio/air.ts';
import type { Controller } from '../radio/controller.ts';
import type { Link } from '../radio/link.ts';
import type { VirtualAdapter } from '../radio/virtual-adapter.ts';
import type { EventContent } from './event.ts';
import type { BrokerEvent } from '../broker/broker-event.ts';
import { ReplyTracker } from './reply-tracker.ts';
import { scooterTruth } from './scooter-truth.ts';
import { storedSample } from './stored-sample.ts';
import type { Entry, Operation } from '../disk/virtual-leveldb.ts';

/** Units of HCI's supervision timeouts. */
const TIMEOUT_UNIT_MS = 10;

/** Devices by the address of their replies. */
const DEVICE_AT: ReadonlyMap<number, string> = new Map(
  Object.entries(ADDRESSES).map(([device, { reply }]) => [reply, device]),
);

/** The devices at the ends of the link that is traced. */
interface LinkDevices {
  readonly scooterController: Controller;
  readonly adapter: VirtualAdapter;
}

/** Consecutive samples of a process. */
interface SampleRange {
  readonly bootId: string;
  readonly first: number;
  last: number;
}

/** Translates what happens between the client and the world into events of the trace. */
export class Observer {
  readonly record: (event: EventContent) => void;
  readonly #clientId: string;
  readonly #replies: ReplyTracker;
  #isScanning = false;

  constructor(config: Config, record: (event: EventContent) => void = () => undefined) {
    this.record = record;
    this.#clientId = config.mqtt.clientId;
    this.#replies = new ReplyTracker((id) => record({ type: 'reply.carried', id }));
  }

  air(event: AirEvent, devices: LinkDevices): void {
    if (event.type === 'advertising') {
      if (event.by === devices.scooterController) this.record({ type: 'advertising', on: event.on });
      return;
    }
    if ('by' in event) {
      if (event.by !== devices.adapter.controller) return;
      if (event.type === 'attempt') this.record({ type: 'link.attempt' });
      else if (event.on !== this.#isScanning)
        this.record({ type: 'scan', on: (this.#isScanning = event.on) });
      return;
    }
    if (!isBetween(event.link, devices)) return;
    const supervisionMs = event.link.parameters.supervisionTimeout * TIMEOUT_UNIT_MS;
    if (event.type === 'carried') {
      if (event.to === devices.adapter.controller) this.#replies.carried(event.fragment.data);
    } else if (event.type === 'ended') {
      this.#replies.linkEnded();
      this.record({ type: 'link.down', reason: event.reason });
    } else if (event.type === 'released') {
      this.record({ type: 'link.released' });
    } else {
      this.record({ type: event.type === 'connected' ? 'link.up' : 'link.updated', supervisionMs });
    }
  }

  /** @param state returns what the scooter is doing */
  scooter(event: FirmwareEvent, state: () => RideState): void {
    if (event.type === 'loggedIn') this.record({ type: 'login', ok: true });
    else if (event.type === 'loginFailed') this.record({ type: 'login', ok: false });
    else if (event.type === 'beep') this.record({ type: 'beep' });
    else if (event.type === 'registrationOpened') this.record({ type: 'pairing.opened' });
    else if (event.type === 'registered') this.record({ type: 'paired' });
    else if (event.type === 'loginRepeated') this.record({ type: 'login.repeated' });
    else if (event.type === 'loginPrevented') {
      const { rejection } = event;
      this.record({ type: 'login.prevented', ...(rejection && { rejection }) });
    } else if (event.type === 'chunksRequested') this.record({ type: 'chunks.requested' });
    else if (event.type === 'withheld') {
      const device = requestedDevice(event) ?? String(event.address);
      this.record({ type: 'reply.withheld', device, register: event.register, ...waited(event) });
    } else if (event.type === 'replied') {
      const device = DEVICE_AT.get(event.address) ?? String(event.address);
      const { register } = event;
      const truth = scooterTruth(device, register, state);
      this.record({
        type: 'reply.sent',
        id: this.#replies.replied(),
        device,
        register,
        data: event.data.toString('hex'),
        ...waited(event),
        ...(truth && { truth }),
      });
    }
  }

  notification(channel: Channel, bytes: Buffer, isGenuine: boolean): void {
    this.#replies.notified(channel, bytes, isGenuine);
  }

  /** @param isPortOpen whether the client had the port open */
  gps(measurement: WrittenMeasurement, isPortOpen: boolean): void {
    const { position, isEstimated, isIntact, isDated, isEndKnown, ageMs } = measurement;
    const type = 'gps.fix';
    const time = measurement.time.toISOString();
    const heard = isPortOpen && isIntact;
    if (!position || isEstimated === true) {
      this.record({ type, time, heard });
      return;
    }
    const { latitude, longitude, altitudeM, speedKmh } = position;
    // Plain values instead of spread optional keys, which would be expensive in every second of a ride.
    this.record({
      type,
      latitude,
      longitude,
      altitudeM: measurement.hasAltitude ? altitudeM : undefined,
      speedKmh: measurement.hasSpeed ? speedKmh : undefined,
      time,
      heard,
      dated: isDated ? undefined : false,
      ended: isEndKnown ? undefined : false,
      ageMs: ageMs > 0 ? ageMs : undefined,
    });
  }

  broker(event: BrokerEvent): void {
    if (event.clientId !== this.#clientId) return;
    if (event.type === 'received') {
      const { clientId, topic, payload, qos, retain, isWill, isForbidden } = event;
      const message = { clientId, topic, payload, qos, retain, isWill };
      this.record({ type: 'received', ...message, ...(isForbidden && { isForbidden }) });
    } else if (event.type === 'connected') {
      const { clientId, maximumQoS, retainAvailable, will } = event;
      this.record({ type: 'broker.connected', clientId, maximumQoS, retainAvailable, ...(will && { will }) });
    } else if (event.type === 'violation') {
      this.record({ type: 'broker.violation', reason: event.reason });
    } else if (event.type === 'attempt') {
      this.record({ type: 'broker.attempt', clientId: event.clientId, offer: event.offer });
    } else if (event.type === 'refused') {
      const { clientId, code } = event;
      this.record({ type: 'broker.refused', clientId, ...(code !== undefined && { code }) });
    } else {
      this.record({ type: 'broker.disconnected', clientId: event.clientId });
    }
  }

  synced(operations: readonly Operation[]): void {
    for (const operation of operations) {
      const sample = operation.type === 'put' ? storedSample(operation.key, operation.value) : undefined;
      if (sample) this.record({ type: 'taken', bootId: sample.bootId, seq: sample.seq });
    }
  }

  /** Records the samples among entries that were read in order of their keys, as ranges. */
  read(entries: readonly Entry[]): void {
    let range: SampleRange | undefined;
    for (const [key, value] of entries) {
      const sample = storedSample(key, value);
      if (!sample) continue;
      const { bootId, seq } = sample;
      if (range?.bootId === bootId && range.last === seq - 1) {
        range.last = seq;
        continue;
      }
      if (range) this.record({ type: 'loaded', ...range });
      range = { bootId, first: seq, last: seq };
    }
    if (range) this.record({ type: 'loaded', ...range });
  }
}

/** How long a read has waited, if it was not executed at once. */
function waited({ nowMs, askedMs }: { nowMs: number; askedMs: number }): { waitedMs?: number } {
  const waitedMs = nowMs - askedMs;
  return waitedMs > 0 ? { waitedMs } : {};
}

function isBetween(link: Link, { scooterController, adapter }: LinkDevices): boolean {
  return link.central === adapter.controller && link.peripheral === scooterController;
}
