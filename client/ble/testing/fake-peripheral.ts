import { EventEmitter } from 'node:events';
import type { NobleCharacteristic, NoblePeripheral, NobleService } from '../../../hci/noble.ts';

/** A characteristic as noble shows it; it confirms a subscription only when told to. */
export class FakeCharacteristic extends EventEmitter implements NobleCharacteristic {
  readonly properties = [];
  readonly uuid: string;
  readonly written: Buffer[] = [];

  constructor(uuid: string) {
    super();
    this.uuid = uuid;
  }

  write(data: Buffer): void {
    this.written.push(data);
  }

  /** noble keeps the callback as a listener until the answer comes. */
  subscribe(callback: (error?: unknown) => void): void {
    this.once('notify', () => callback());
  }
}

/** A service as noble shows it. */
export class FakeService extends EventEmitter implements NobleService {
  readonly uuid: string;
  readonly characteristics: FakeCharacteristic[];

  constructor(uuid: string, characteristics: readonly string[]) {
    super();
    this.uuid = uuid;
    this.characteristics = characteristics.map((name) => new FakeCharacteristic(name));
  }

  discoverCharacteristics(
    _uuids: string[],
    callback: (error: unknown, characteristics: NobleCharacteristic[]) => void,
  ): void {
    callback(null, this.characteristics);
  }
}

/** A peripheral as noble shows it, with noble's own quirks; what the adapter answers is up to the test. */
export class FakePeripheral extends EventEmitter implements NoblePeripheral {
  readonly id = 'c8f09e000001';
  readonly address = 'c8:f0:9e:00:00:01';
  readonly addressType = 'random';
  readonly connectable = true;
  readonly rssi = -60;
  readonly advertisement = {};
  readonly calls: string[] = [];
  state = 'disconnected';
  /** What the adapter does when it is told to connect, to cancel, to disconnect, to discover. */
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
    // noble reports it before it tells the adapter.
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

  /** The adapter reports a connection, or why there is none. */
  connected(error?: Error): void {
    this.state = error ? 'error' : 'connected';
    this.emit('connect', error ?? null);
  }

  /** The adapter reports that the link is down. */
  disconnected(): void {
    this.state = 'disconnected';
    this.emit('disconnect');
  }

  /** Listeners on all events. */
  get listenerTotal(): number {
    return this.eventNames().reduce((sum, name) => sum + this.listenerCount(name), 0);
  }
}
