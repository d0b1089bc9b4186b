import { EventEmitter } from 'node:events';
import type { Adapter } from '../../hci/adapter.ts';
import { H4, type HciSocket } from '../../hci/socket.ts';
import { normalizeUuid } from '../../protocol/gatt.ts';

const EVENT = { disconnected: 0x05, commandComplete: 0x0e, completedPackets: 0x13, leMeta: 0x3e } as const;
const OPCODE = {
  advertisement: 0x2008,
  scanResponse: 0x2009,
  advertise: 0x200a,
  readAddress: 0x1009,
} as const;
const ATT = {
  mtuRequest: 0x02,
  readByType: 0x08,
  read: 0x0a,
  write: 0x12,
  notification: 0x1b,
  writeCommand: 0x52,
} as const;
const ATT_CID = 4;
const CHARACTERISTIC = 0x2803;
const HANDLE = 0x40;

/** Return parameters of commands, after the status: a Bluetooth 5 controller with 8 buffers of 251 bytes. */
const RESULTS: Readonly<Record<number, readonly number[]>> = {
  0x1001: [9, 0, 0, 9, 0xff, 0xff, 0, 0],
  0x0c6c: [1, 0],
  0x2002: [251, 0, 8],
};

const u16 = (value: number): number[] => [value & 0xff, value >> 8];

/** HCI socket of a fake controller. */
class FakeControllerSocket extends EventEmitter implements HciSocket {
  readonly #controller: FakeController;

  constructor(controller: FakeController) {
    super();
    this.#controller = controller;
  }

  bindRaw(): number {
    return this.bindUser();
  }

  bindUser(): number {
    this.#controller.host = (packet) => this.emit('data', packet);
    this.emit('open');
    return 0;
  }

  bindControl(): number {
    return 0;
  }

  isDevUp(): boolean {
    return this.#controller.isUp;
  }

  setFilter(): void {
    // Not needed.
  }

  start(): void {
    // Packets are delivered from binding on.
  }

  stop(): void {
    this.#controller.host = undefined;
  }

  write(packet: Buffer): void {
    this.#controller.receive(packet);
  }
}

/**
 * Fake controller of one peripheral, with a connection to a minimal central. Packets reach the peripheral only in
 * `deliverAll`, so that tests are synchronous.
 */
export class FakeController {
  /** Whether the adapter is up, which bleno polls every second in raw mode. */
  isUp = true;
  /** Whether it completes commands. */
  isResponding = true;
  /** Its own address, least significant byte first. */
  address: readonly number[] = [1, 0, 0, 0x9e, 0xf0, 0xc8];
  /** Status with which it completes the command to start advertising. */
  advertisingStatus = 0;
  host: ((packet: Buffer) => unknown) | undefined;
  isAdvertising = false;
  advertisement: Buffer = Buffer.alloc(0);
  scanResponse: Buffer = Buffer.alloc(0);
  /** ATT packets from the peripheral that were not taken yet. */
  readonly received: Buffer[] = [];

  readonly #inFlight: Buffer[] = [];
  readonly adapter: Adapter = { open: () => new FakeControllerSocket(this), deviceId: 0 };

  receive(packet: Buffer): void {
    if (packet[0] === H4.command) this.#execute(packet.readUInt16LE(1), packet.subarray(4));
    if (packet[0] === H4.acl) {
      this.received.push(Buffer.from(packet.subarray(9)));
      this.#sendEvent(EVENT.completedPackets, [1, ...u16(HANDLE), ...u16(1)]);
    }
  }

  /** Delivers all packets in flight to the peripheral, including those sent in response. */
  deliverAll(): void {
    for (;;) {
      const packet = this.#inFlight.shift();
      if (!packet) return;
      this.host?.(packet);
    }
  }

  connect(): void {
    this.isAdvertising = false;
    const peer = [0, 1, 0, 0, 0xeb, 0x27, 0xb8];
    this.#sendEvent(EVENT.leMeta, [1, 0, ...u16(HANDLE), 1, ...peer, ...u16(6), ...u16(0), ...u16(500), 0]);
  }

  disconnect(): void {
    this.#sendEvent(EVENT.disconnected, [0, ...u16(HANDLE), 0x13]);
  }

  request(bytes: readonly number[]): void {
    const l2cap = [...u16(bytes.length), ...u16(ATT_CID), ...bytes];
    this.#inFlight.push(Buffer.from([H4.acl, ...u16(HANDLE | 0x2000), ...u16(l2cap.length), ...l2cap]));
  }

  #execute(opcode: number, parameters: Buffer): void {
    if (!this.isResponding) return;
    if (opcode === OPCODE.advertisement) this.advertisement = withoutLength(parameters);
    if (opcode === OPCODE.scanResponse) this.scanResponse = withoutLength(parameters);
    const starts = opcode === OPCODE.advertise && parameters[0] === 1;
    const status = starts ? this.advertisingStatus : 0;
    if (opcode === OPCODE.advertise) this.isAdvertising = starts && status === 0;
    this.#sendEvent(EVENT.commandComplete, [1, ...u16(opcode), status, ...this.#resultOf(opcode)]);
  }

  #resultOf(opcode: number): readonly number[] {
    return opcode === OPCODE.readAddress ? this.address : (RESULTS[opcode] ?? []);
  }

  #sendEvent(event: number, parameters: readonly number[]): void {
    this.#inFlight.push(Buffer.from([H4.event, event, parameters.length, ...parameters]));
  }
}

function withoutLength(parameters: Buffer): Buffer {
  return Buffer.from(parameters.subarray(1, 1 + parameters.readUInt8(0)));
}

export interface DiscoveredCharacteristic {
  readonly properties: number;
  readonly handle: number;
}

/** Minimal GATT client that is connected through a fake controller. */
export class GattClient {
  readonly #controller: FakeController;
  readonly #characteristics = new Map<string, DiscoveredCharacteristic>();

  constructor(controller: FakeController) {
    this.#controller = controller;
  }

  /** Discovered characteristics, by normalized UUID. */
  get characteristics(): ReadonlyMap<string, DiscoveredCharacteristic> {
    return this.#characteristics;
  }

  connect(): void {
    this.#controller.received.length = 0;
    this.#controller.connect();
    this.#controller.deliverAll();
    for (let from = 1; ;) {
      const response = this.#request([ATT.readByType, ...u16(from), ...u16(0xffff), ...u16(CHARACTERISTIC)]);
      if (response[0] !== ATT.readByType + 1) return;
      const entryBytes = response.readUInt8(1);
      for (let at = 2; at < response.length; at += entryBytes) {
        const uuid = Buffer.from(response.subarray(at + 5, at + entryBytes))
          .reverse()
          .toString('hex');
        const handle = response.readUInt16LE(at + 3);
        this.#characteristics.set(normalizeUuid(uuid), { properties: response.readUInt8(at + 2), handle });
        from = handle + 1;
      }
    }
  }

  disconnect(): void {
    this.#controller.disconnect();
    this.#controller.deliverAll();
  }

  /** Requests a large MTU; returns the MTU of the peripheral. */
  exchangeMtu(): number {
    return this.#request([ATT.mtuRequest, ...u16(256)]).readUInt16LE(1);
  }

  read(uuid: string): Buffer {
    return this.#request([ATT.read, ...u16(this.#handle(uuid))]).subarray(1);
  }

  subscribe(uuid: string): void {
    this.#request([ATT.write, ...u16(this.#handle(uuid) + 1), 1, 0]);
  }

  unsubscribe(uuid: string): void {
    this.#request([ATT.write, ...u16(this.#handle(uuid) + 1), 0, 0]);
  }

  /** Writes with response; returns the opcode of the response. */
  write(uuid: string, bytes: Buffer): number {
    return this.#request([ATT.write, ...u16(this.#handle(uuid)), ...bytes]).readUInt8(0);
  }

  command(uuid: string, bytes: Buffer): void {
    this.#controller.request([ATT.writeCommand, ...u16(this.#handle(uuid)), ...bytes]);
    this.#controller.deliverAll();
  }

  /** Removes and returns the oldest notification of a characteristic. */
  takeNotification(uuid: string): Buffer | undefined {
    const head = Buffer.from([ATT.notification, ...u16(this.#handle(uuid))]);
    const index = this.#controller.received.findIndex((packet) => packet.subarray(0, 3).equals(head));
    return index < 0 ? undefined : this.#controller.received.splice(index, 1)[0]?.subarray(3);
  }

  #request(bytes: readonly number[]): Buffer {
    this.#controller.request(bytes);
    this.#controller.deliverAll();
    const index = this.#controller.received.findIndex((packet) => packet[0] !== ATT.notification);
    const [response] = index < 0 ? [] : this.#controller.received.splice(index, 1);
    if (!response) throw new Error('the peripheral does not respond');
    return response;
  }

  #handle(uuid: string): number {
    const found = this.#characteristics.get(normalizeUuid(uuid));
    if (!found) throw new Error(`the peripheral has no characteristic ${uuid}`);
    return found.handle;
  }
}
