import { virtualClock, type Clock } from '../../clock/clock.ts';
import { H4 } from '../../../../hci/socket.ts';
import { Air } from '../air.ts';
import { Controller } from '../controller.ts';
import { PI, SCOOTER } from '../testing/devices.ts';
import { TestHost } from '../testing/test-host.ts';

/** The state of a controller when it receives a command. */
export type Situation =
  | 'idle'
  | 'advertising'
  | 'scanning'
  | 'initiating'
  | 'connected'
  | 'connected as peripheral'
  | 'key requested';

/** The connection handle, which is the same at both ends. */
export const HANDLE = '4000';
/** Addresses as in commands: type, then the address with the least significant byte first. */
export const SCOOTER_ADDRESS = '01' + '0100009ef0c8';
export const PI_ADDRESS = '00' + '010000eb27b8';
export const ABSENT = '01' + '060504030201';

/** 20 ms, no latency, 5 s. */
const CONNECTION = '100010000000f401' + '00000000';
/** LE Enable Encryption; its last 16 bytes are the key. */
export const ENCRYPT = HANDLE + '1122334455667788' + 'aabb' + '00112233445566778899aabbccddeeff';

/** LE Long Term Key Request Reply with the same key. */
export const REPLY = HANDLE + ENCRYPT.slice(-32);

/** LE Create Connection with an own public address. */
export const createConnection = (peer: string): string => '60003000' + '00' + peer + '00' + CONNECTION;

export const bytesOf = (hex: string): number[] => [...Buffer.from(hex, 'hex')];
const opcodeHex = (opcode: number): string => Buffer.from([opcode & 0xff, opcode >> 8]).toString('hex');

/** A Command Complete event. @param result return parameters after the status, in hex */
export function complete(opcode: number, status: string, result = ''): string {
  const length = (4 + result.length / 2).toString(16).padStart(2, '0');
  return `040e${length}01${opcodeHex(opcode)}${status}${result}`;
}

/** A Command Status event. */
export function status(opcode: number, code: string): string {
  return `040f04${code}01${opcodeHex(opcode)}`;
}

/** The status in the answer to a command, in hex. */
export function statusOf(answer = ''): string {
  return answer.startsWith('040f') ? answer.slice(6, 8) : answer.slice(12, 14);
}

/** Two hosts on an air without loss: the tested one, and its peer. */
export class Rig {
  readonly clock: Clock = virtualClock();
  readonly air: Air;
  readonly host: TestHost;
  readonly peer: TestHost;

  /** @param random the random source of the air */
  constructor(random: () => number = () => 0.5) {
    this.air = new Air({ random });
    this.host = new TestHost(new Controller(this.air, { identity: PI }));
    this.peer = new TestHost(new Controller(this.air, { identity: SCOOTER, rssi: -71 }));
  }

  close(): void {
    this.clock.close();
  }

  /** Sends a command and returns the immediate answers. */
  exchange(opcode: number, parameters = '', host = this.host): string[] {
    return host.command(opcode, bytesOf(parameters));
  }

  /** Sends a command; its answers are kept for {@link advance}. */
  sendCommand(opcode: number, parameters = '', host = this.host): void {
    const header = [H4.command, opcode & 0xff, opcode >> 8, parameters.length / 2];
    host.controller.receive(Buffer.from([...header, ...bytesOf(parameters)]));
  }

  /** Sends an ACL packet on the connection. @param options.handle includes the flags, in hex */
  sendData(payload: string, { handle = HANDLE, host = this.host } = {}): void {
    const length = Buffer.from([payload.length / 2, 0]).toString('hex');
    host.controller.receive(Buffer.from('02' + handle + length + payload, 'hex'));
  }

  /** Advances the time, and returns what both hosts receive meanwhile. */
  async advance(ms: number): Promise<{ host: string[]; peer: string[] }> {
    await this.clock.advance(ms);
    return { host: this.host.takeReceived(), peer: this.peer.takeReceived() };
  }

  async enter(situation: Situation): Promise<void> {
    await this.#situations[situation]();
    await this.advance(0);
  }

  /** Encrypts the connection, or refreshes its key; the tested host has to be the central. */
  async encrypt(): Promise<void> {
    this.sendCommand(0x2019, ENCRYPT);
    await this.clock.advance(20);
    this.sendCommand(0x201a, REPLY, this.peer);
    await this.clock.advance(100);
  }

  /** Connects two hosts; their events are kept for later. */
  async connect(central = this.host, peripheral = this.peer, address = SCOOTER_ADDRESS): Promise<void> {
    this.sendCommand(0x2006, 'a000a000' + '0000' + '00'.repeat(7) + '0700', peripheral);
    this.sendCommand(0x200a, '01', peripheral);
    this.sendCommand(0x200d, createConnection(address), central);
    await this.clock.advance(200);
  }

  readonly #situations: Readonly<Record<Situation, () => unknown>> = {
    idle: () => undefined,
    advertising: () => this.exchange(0x200a, '01'),
    scanning: () => this.exchange(0x200c, '0100'),
    initiating: () => this.exchange(0x200d, createConnection(ABSENT)),
    connected: () => this.connect(),
    'connected as peripheral': () => this.connect(this.peer, this.host, PI_ADDRESS),
    'key requested': async () => {
      await this.connect(this.peer, this.host, PI_ADDRESS);
      this.exchange(0x2019, ENCRYPT, this.peer);
      await this.clock.advance(20);
    },
  };
}
