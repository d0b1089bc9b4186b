import type { Config } from '../../../client/config/schema.ts';
import { ADDRESSES } from '../../../protocol/message.ts';
import type { Channel, FirmwareEvent } from '../../../simulator/firmware/firmware.ts';
import type { WrittenMeasurement } from '../../../simulator/gps/receiver.ts';
import type { AirEvent } from '../radio/air.ts';
import type { Controller } from '../radio/controller.ts';
import type { Link } from '../radio/link.ts';
import type { VirtualAdapter } from '../radio/virtual-adapter.ts';
import type { Happening } from './event.ts';
import type { BrokerEvent } from '../broker/virtual-broker.ts';
import { ReplyTracker } from './reply-tracker.ts';
import { storedSample } from './stored-sample.ts';
import type { Operation } from '../disk/virtual-level.ts';

/** HCI counts supervision timeouts in these. */
const TIMEOUT_UNIT_MS = 10;

/** Who answers from an address. */
const DEVICE_AT: ReadonlyMap<number, string> = new Map(
  Object.entries(ADDRESSES).map(([device, { reply }]) => [reply, device]),
);

/** The two ends of the link that counts. */
interface Ends {
  readonly scooterController: Controller;
  readonly adapter: VirtualAdapter;
}

/** Sees what anybody could see who stands between the client and the world, and tells it in the words of the trace. */
export class Observer {
  readonly tell: (happening: Happening) => void;
  readonly #clientId: string;
  readonly #replies: ReplyTracker;
  #isScanning = false;

  constructor(config: Config, tell: (happening: Happening) => void = () => undefined) {
    this.tell = tell;
    this.#clientId = config.mqtt.clientId;
    this.#replies = new ReplyTracker((id) => tell({ type: 'reply.carried', id }));
  }

  air(event: AirEvent, ends: Ends): void {
    if ('by' in event) {
      if (event.by !== ends.adapter.controller) return;
      if (event.type === 'attempt') this.tell({ type: 'link.attempt' });
      else if (event.on !== this.#isScanning) this.tell({ type: 'scan', on: (this.#isScanning = event.on) });
      return;
    }
    if (!isBetween(event.link, ends)) return;
    const supervisionMs = event.link.parameters.supervisionTimeout * TIMEOUT_UNIT_MS;
    if (event.type === 'carried') {
      if (event.to === ends.adapter.controller) this.#replies.carried(event.fragment.data);
    } else if (event.type === 'ended') {
      this.#replies.linkEnded();
      this.tell({ type: 'link.down', reason: event.reason });
    } else {
      this.tell({ type: event.type === 'connected' ? 'link.up' : 'link.updated', supervisionMs });
    }
  }

  scooter(event: FirmwareEvent): void {
    if (event.type === 'loggedIn') this.tell({ type: 'login', ok: true });
    else if (event.type === 'loginFailed') this.tell({ type: 'login', ok: false });
    else if (event.type === 'replied') {
      this.tell({
        type: 'reply.sent',
        id: this.#replies.replied(),
        device: DEVICE_AT.get(event.address) ?? String(event.address),
        register: event.register,
        data: event.data.toString('hex'),
      });
    }
  }

  notification(channel: Channel, bytes: Buffer): void {
    this.#replies.notified(channel, bytes);
  }

  /** @param reached whether the client's port was open */
  gps({ position, time, isIntact }: WrittenMeasurement, reached: boolean): void {
    const type = 'gps.fix';
    const told = { time: time.toISOString(), heard: reached && isIntact };
    if (position) this.tell({ type, latitude: position.latitude, longitude: position.longitude, ...told });
    else this.tell({ type, ...told });
  }

  broker(event: BrokerEvent): void {
    if (event.clientId !== this.#clientId) return;
    if (event.type === 'received') {
      const { clientId, topic, payload, qos, retain, isWill } = event;
      this.tell({ type: 'received', clientId, topic, payload, qos, retain, isWill });
    } else {
      this.tell({ type: `broker.${event.type}`, clientId: event.clientId });
    }
  }

  synced(operations: readonly Operation[]): void {
    for (const operation of operations) {
      const sample = operation.type === 'put' ? storedSample(operation.key, operation.value) : undefined;
      if (sample) this.tell({ type: 'taken', bootId: sample.bootId, seq: sample.seq });
    }
  }
}

function isBetween(link: Link, { scooterController, adapter }: Ends): boolean {
  return link.central === adapter.controller && link.peripheral === scooterController;
}
