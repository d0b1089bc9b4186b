import { EventEmitter } from 'node:events';
import type { NobleCharacteristic, NoblePeripheral, NobleService } from '../../../hci/noble.ts';

/** A noble characteristic that confirms a subscription only when the test emits `notify`. */
export class FakeCharacteristic extends EventEmitter implements NobleCharacteristic {
  properties: readonly string[] = [];
  readonly uuid: string;
  readonly written: Buffer[] = [];
  /** Number of writes without response. */
  writtenWithoutResponse = 0;

  constructor(uuid: string) {
    super();
    this.uuid = uuid;
  }

  write(data: Buffer, withoutResponse: boolean): void {
    this.written.push(data);
    if (withoutResponse) this.writtenWithoutResponse += 1;
  }

  /** noble keeps the callback as a listener until the response arrives. */
  subscribe(callback: (error?: unknown) => void): void {
    this.once('notify', () => callback());
  }

  /** Succeeds when the test emits `read` with the value. */
  read(callback: (error: unknown, data: Buffer) => void): void {
    this.once('read', (data: Buffer) => callback(null, data));
  }
}

/** A noble service with the given characteristics. */
export class FakeService extends EventEmitter implements NobleService {
  readonly uuid: string;
  readonly characteristics: FakeCharacteristic[];
  /** Time that it takes to discover the characteristics. */
  discoveryMs = 0;

  constructor(uuid: string, characteristics: readonly string[]) {
    super();
    this.uuid = uuid;
    this.characteristics = characteristics.map((name) => new FakeCharacteristic(name));
  }

  discoverCharacteristics(
    _uuids: string[],
    callback: (error: unknown, characteristics: NobleCharacteristic[]) => void,
  ): void {
    if (this.discoveryMs === 0) callback(null, this.characteristics);
    else setTimeout(() => callback(null, this.characteristics), this.discoveryMs);
  }
}

/** A noble peripheral with noble's quirks; the test decides how the adapter responds. */
export class FakePeripheral extends EventEmitter implements NoblePeripheral {
  readonly id = 'c8f09e000001';
  readonly address = 'c8:f0:9e:00:00:01';
  readonly addressType = 'random';
  readonly connectable = true;
  readonly rssi = -60;
  readonly advertisement = {};
  readonly calls: string[] = [];
  state = 'disconnected';
  /** The adapter's reaction to connect, cancel, disconnect and discovery. */
  onConnect = (): void => undefined;
  onCancel = (): void => undefined;
  onDisconnect = (): void => void setTimeout(() => this.disconnected(), 10);
  onDiscover = (): void => undefined;

  connect(): void {
    this.calls.push('connect');
    this.state = 'connecting';
    this.onConnect();
  }

  cancelConnect(): void {
    if (this.state !== 'connecting') return;
    this.calls.push('cancel');
    // noble emits this before it sends the HCI command.
    this.emit('connect', new Error('connection canceled!'));
    this.onCancel();
  }

  disconnect(): void {
    this.calls.push('disconnect');
    this.state = 'disconnecting';
    this.onDisconnect();
  }

  discoverServices(): void {
    this.onDiscover();
  }

  /** Reports a connection, or why it failed. */
  connected(error?: Error): void {
    this.state = error ? 'error' : 'connected';
    this.emit('connect', error ?? null);
  }

  /** Reports that the link is down. */
  disconnected(): void {
    this.state = 'disconnected';
    this.emit('disconnect');
  }

  /** Total number of listeners on all events. */
  get listenerTotal(): number {
    return this.eventNames().reduce((sum, name) => sum + this.listenerCount(name), 0);
  }
}
