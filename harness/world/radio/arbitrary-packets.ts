import type { Random } from '../../../client/random.ts';
import { Choices } from '../choices.ts';
import { H4 } from '../../../hci/socket.ts';
import { EVENT, u16 } from './events.ts';

/** An event of the specification: its code, or its subevent code, and what its parameters are. */
interface EventLayout {
  readonly code: number;
  /** Number of parameter bytes; those after the subevent code for LE events. Undefined if it varies. */
  readonly bytes?: number;
  /** Offset of the connection handle among them, if there is one. */
  readonly handleAt?: number;
}

/** Offset of a handle that follows a status, and of one that comes first. */
const AFTER_STATUS = 1;
const FIRST = 0;

/** Events by Bluetooth Core Vol 4 Part E, 7.7; obsolete ones included. */
const EVENTS: readonly [EventLayout, ...EventLayout[]] = [
  { code: 0x01, bytes: 1 },
  { code: 0x02 },
  { code: 0x03, bytes: 11, handleAt: AFTER_STATUS },
  { code: 0x04, bytes: 10 },
  { code: 0x05, bytes: 4, handleAt: AFTER_STATUS },
  { code: 0x06, bytes: 3, handleAt: AFTER_STATUS },
  { code: 0x07, bytes: 255 },
  { code: 0x08, bytes: 4, handleAt: AFTER_STATUS },
  { code: 0x09, bytes: 3, handleAt: AFTER_STATUS },
  { code: 0x0a, bytes: 4, handleAt: AFTER_STATUS },
  { code: 0x0b, bytes: 11, handleAt: AFTER_STATUS },
  { code: 0x0c, bytes: 8, handleAt: AFTER_STATUS },
  { code: 0x0d, bytes: 21, handleAt: AFTER_STATUS },
  { code: 0x0e },
  { code: 0x0f, bytes: 4 },
  { code: 0x10, bytes: 1 },
  { code: 0x11, bytes: 2, handleAt: FIRST },
  { code: 0x12, bytes: 8 },
  { code: 0x13, bytes: 5, handleAt: 1 },
  { code: 0x14, bytes: 6, handleAt: AFTER_STATUS },
  { code: 0x15 },
  { code: 0x16, bytes: 6 },
  { code: 0x17, bytes: 6 },
  { code: 0x18, bytes: 23 },
  { code: 0x19 },
  { code: 0x1a, bytes: 1 },
  { code: 0x1b, bytes: 3, handleAt: FIRST },
  { code: 0x1c, bytes: 5, handleAt: AFTER_STATUS },
  { code: 0x1d, bytes: 5, handleAt: AFTER_STATUS },
  { code: 0x1e, bytes: 2, handleAt: FIRST },
  { code: 0x20, bytes: 7 },
  { code: 0x21, bytes: 22, handleAt: AFTER_STATUS },
  { code: 0x22 },
  { code: 0x23, bytes: 13, handleAt: AFTER_STATUS },
  { code: 0x2c, bytes: 17, handleAt: AFTER_STATUS },
  { code: 0x2d, bytes: 9, handleAt: AFTER_STATUS },
  { code: 0x2e, bytes: 11, handleAt: AFTER_STATUS },
  { code: 0x2f, bytes: 255 },
  { code: 0x30, bytes: 3, handleAt: AFTER_STATUS },
  { code: 0x31, bytes: 6 },
  { code: 0x32, bytes: 9 },
  { code: 0x33, bytes: 10 },
  { code: 0x34, bytes: 6 },
  { code: 0x35, bytes: 6 },
  { code: 0x36, bytes: 7 },
  { code: 0x38, bytes: 4, handleAt: FIRST },
  { code: 0x39, bytes: 2, handleAt: FIRST },
  { code: 0x3b, bytes: 10 },
  { code: 0x3c, bytes: 7 },
  { code: 0x3d, bytes: 14 },
  { code: 0x48 },
  { code: 0x57, bytes: 2, handleAt: FIRST },
  { code: 0x59, bytes: 5, handleAt: AFTER_STATUS },
  { code: 0xff },
];

/** LE events by 7.7.65. */
const LE_EVENTS: readonly [EventLayout, ...EventLayout[]] = [
  { code: 0x01, bytes: 18, handleAt: AFTER_STATUS },
  { code: 0x02 },
  { code: 0x03, bytes: 9, handleAt: AFTER_STATUS },
  { code: 0x04, bytes: 11, handleAt: AFTER_STATUS },
  { code: 0x05, bytes: 12, handleAt: FIRST },
  { code: 0x06, bytes: 10, handleAt: FIRST },
  { code: 0x07, bytes: 10, handleAt: FIRST },
  { code: 0x08, bytes: 65 },
  { code: 0x09, bytes: 33 },
  { code: 0x0a, bytes: 30, handleAt: AFTER_STATUS },
  { code: 0x0b },
  { code: 0x0c, bytes: 5, handleAt: AFTER_STATUS },
  { code: 0x0d },
  { code: 0x0e, bytes: 15 },
  { code: 0x0f },
  { code: 0x10, bytes: 2 },
  { code: 0x11, bytes: 0 },
  { code: 0x12, bytes: 5 },
  { code: 0x13, bytes: 8 },
  { code: 0x14, bytes: 3, handleAt: FIRST },
  { code: 0x15 },
  { code: 0x16 },
  { code: 0x17 },
  { code: 0x18, bytes: 18, handleAt: AFTER_STATUS },
  { code: 0x19, bytes: 28, handleAt: AFTER_STATUS },
  { code: 0x1a, bytes: 15 },
  { code: 0x1b },
  { code: 0x1c, bytes: 5 },
  { code: 0x1d },
  { code: 0x1e, bytes: 2 },
  { code: 0x1f, bytes: 5, handleAt: AFTER_STATUS },
  { code: 0x20, bytes: 8, handleAt: AFTER_STATUS },
  { code: 0x21, bytes: 10, handleAt: AFTER_STATUS },
  { code: 0x22 },
  { code: 0x23, bytes: 11, handleAt: AFTER_STATUS },
];

/** Events that hosts act upon. */
const HOST_EVENTS: readonly [EventLayout, ...EventLayout[]] = [
  { code: EVENT.disconnectionComplete, bytes: 4, handleAt: AFTER_STATUS },
  { code: EVENT.commandComplete },
  { code: EVENT.commandStatus, bytes: 4 },
  { code: EVENT.completedPackets, bytes: 5, handleAt: 1 },
];

const MAX_PARAMETER_BYTES = 255;
const MAX_HANDLE = 0x0eff;
const MAX_WORD = 0xffff;
/** How often a packet is data, how often an event is one of LE, and any other is one that hosts act upon. */
const SHARES = { data: 0.15, leEvent: 0.4, hostEvent: 0.5 } as const;
/** How often a length, a handle or a status is what it should be. */
const RIGHT = 0.7;
/** Offset of the opcode in the parameters of the answers to commands. */
const OPCODE_AT: Readonly<Record<number, number>> = { [EVENT.commandComplete]: 1, [EVENT.commandStatus]: 2 };
/** Attribute protocol, signaling and security manager. */
const CHANNELS = [0x0004, 0x0005, 0x0006] as const;
const FRAGMENT = { first: 0x2000, next: 0x1000 } as const;

/** What a controller has to do with its host at the moment. */
export interface ControllerState {
  /** Handles of the connections. */
  readonly handles: readonly number[];
  /** Opcodes of commands that the controller answers. */
  readonly opcodes: readonly number[];
}

/** Makes arbitrary H4 packets of a controller: events of every kind, and data. */
export class ArbitraryPackets {
  readonly #choices: Choices;

  constructor(random: Random) {
    this.#choices = new Choices(random);
  }

  next({ handles, opcodes }: ControllerState): Buffer {
    const handle = this.#choices.chance(RIGHT)
      ? (this.#choices.pick(handles) ?? 0)
      : this.#choices.upTo(MAX_HANDLE);
    if (this.#choices.chance(SHARES.data)) return this.#data(handle);
    if (this.#choices.chance(SHARES.leEvent)) {
      const layout = this.#choices.pick(LE_EVENTS);
      return this.#event(
        EVENT.leMeta,
        Buffer.concat([Buffer.of(layout.code), this.#parameters(layout, handle)]),
      );
    }
    const layout = this.#choices.pick(this.#choices.chance(SHARES.hostEvent) ? HOST_EVENTS : EVENTS);
    const parameters = this.#parameters(layout, handle);
    putWord(parameters, OPCODE_AT[layout.code], this.#choices.pick(opcodes));
    return this.#event(layout.code, parameters);
  }

  #parameters({ bytes, handleAt }: EventLayout, handle: number): Buffer {
    const isRight = bytes !== undefined && this.#choices.chance(RIGHT);
    const parameters = this.#choices.bytes(isRight ? bytes : this.#choices.upTo(MAX_PARAMETER_BYTES - 1));
    putWord(parameters, handleAt, handle);
    // Nearly all values of a status are failures, at which hosts do little.
    if (handleAt === AFTER_STATUS && this.#choices.chance(RIGHT)) parameters.subarray(0, 1).fill(0);
    return parameters;
  }

  #event(code: number, parameters: Buffer): Buffer {
    const bytes = this.#choices.chance(RIGHT) ? parameters.length : this.#choices.upTo(MAX_PARAMETER_BYTES);
    return Buffer.concat([Buffer.of(H4.event, code, bytes), parameters]);
  }

  /** An L2CAP packet, or a fragment of one. */
  #data(handle: number): Buffer {
    const payload = this.#choices.bytes(this.#choices.upTo(MAX_PARAMETER_BYTES));
    const words = [
      handle | (this.#choices.chance(RIGHT) ? FRAGMENT.first : FRAGMENT.next),
      this.#choices.chance(RIGHT) ? payload.length + 4 : this.#choices.upTo(MAX_WORD),
      this.#choices.chance(RIGHT) ? payload.length : this.#choices.upTo(MAX_WORD),
      this.#choices.chance(RIGHT) ? this.#choices.pick(CHANNELS) : this.#choices.upTo(MAX_WORD),
    ];
    return Buffer.concat([Buffer.of(H4.acl), Buffer.from(words.flatMap(u16)), payload]);
  }
}

/** Writes two bytes, if there is a place and a value, and the packet is long enough. */
function putWord(bytes: Buffer, at: number | undefined, word: number | undefined): void {
  if (at !== undefined && word !== undefined && bytes.length >= at + 2) bytes.writeUInt16LE(word, at);
}
