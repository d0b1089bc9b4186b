import type { RequestedParameters } from '../../hci/connection-parameters.ts';
import type { ParcelType } from '../../protocol/avdtp.ts';
import { requestedDevice, type RegisterMessage } from '../../protocol/message.ts';
import type { Block } from '../../protocol/registers/table.ts';
import type { UpnpOpcode } from '../../protocol/upnp.ts';
import type { Channel } from './channel.ts';

/** Bytes of one register. */
const WORD_BYTES = 2;

/**
 * How a scooter answers the announcement of a parcel that it does not receive: an acknowledgement, among them `refused`, that
 * of a parcel in one packet with an error, or `failed`, the result of the procedure.
 */
export type ParcelRejection = 'busy' | 'timeout' | 'cancel' | 'refused' | 'failed';

/**
 * Deviation of a scooter from the behaviour that `Firmware` implements, as seen on real scooters or injected as a fault.
 * Each hook is optional; quirks are added and removed at any time, and their hooks called in that order.
 */
export interface Quirk {
  /** Whether a valid read stays unanswered. */
  readonly withholdsReply?: (request: RegisterMessage, nowMs: number) => boolean;
  /** What a valid read of a block is answered with in place of its own contents; undefined to answer it. */
  readonly misreads?: (request: RegisterMessage) => Misreading | undefined;
  /** Whether the start of a login is ignored. */
  readonly ignoresLogin?: (nowMs: number) => boolean;
  /** Result that the start of a procedure is answered with, in place of the procedure; undefined to run it. */
  readonly refuses?: (start: UpnpOpcode) => UpnpOpcode | undefined;
  /** Result of a login with the proof of another token; 23 by default. */
  readonly wrongTokenResult?: UpnpOpcode;
  /** How a parcel that the app announces is answered, in place of READY: the procedure ends with it. */
  readonly answersParcel?: (type: ParcelType) => ParcelRejection | undefined;
  /** Whether parcels that fit in one packet are sent in it, without announcement, also to an app that has not completed the greeting. */
  readonly sendsSinglePackets?: boolean;
  /** Random number of the app with which a login continues that follows one that was answered so; by default the one sent. */
  readonly staleRandom?: (sent: Buffer) => Buffer;
  /** Whether a procedure that is started while another one runs is ignored, rather than answered with BUSY. */
  readonly ignoresWhenBusy?: boolean;
  /** Whether a scooter with plain frames has the characteristic of a key as well; it is read when the scooter is switched on. */
  readonly offersXorKey?: boolean;
  /** Whether a request in a plain frame is answered in one, by a scooter that XORs its frames. */
  readonly answersPlain?: (request: RegisterMessage) => boolean;
  /** Time that a request waits before it is executed and answered. */
  readonly delayMs?: (request: RegisterMessage) => number;
  /** Bytes that are notified on the UART from the connection on, until a login succeeds. */
  readonly chatter?: { readonly intervalMs: number; readonly next: () => Buffer };
  /** Connection parameters that it requests after the central has connected with others. */
  readonly connectionParameters?: RequestedParameters;
  /** Replaces a write of the app by none, itself, or others. */
  readonly writes?: (channel: Channel, bytes: Buffer) => readonly Buffer[];
  /** Replaces a notification by none, itself, or others. */
  readonly notifications?: (channel: Channel, bytes: Buffer) => readonly Buffer[];
}

/** What a scooter reads in place of what was requested, of the same device. */
export interface Misreading {
  readonly register: number;
  readonly byteCount: number;
}

/** Range of registers that one request reads. */
type Range = Pick<Block, 'device' | 'register' | 'bytes'>;

/**
 * Registers that stay silent while others are answered. Home automation integrations and firmware comparisons report it
 * for the battery, above all its cells (BMS 0x30, 0x31, 0x40), and for ESC 0x1a, 0x25, 0x3a, 0x67, 0x7b to 0x7d and 0xb5.
 */
export function silentBlock(block: Range): Quirk {
  return { withholdsReply: (request) => includes(request, block) };
}

/** A block whose reads are answered by `lacking` bytes less than requested, or by other registers, beginning `off` later. */
export function misreadBlock(block: Range, { lacking, off }: { lacking: number; off: number }): Quirk {
  return {
    misreads: (request) => {
      const byteCount = (request.data[0] ?? 0) - lacking;
      return includes(request, block) && byteCount > 0
        ? { register: request.register + off, byteCount }
        : undefined;
    },
  };
}

/** Whether a read includes registers of a block. */
function includes(request: RegisterMessage, { device, register, bytes }: Range): boolean {
  const [byteCount = 0] = request.data;
  const [beginByte, blockByte] = [WORD_BYTES * request.register, WORD_BYTES * register];
  const overlaps = beginByte < blockByte + bytes && blockByte < beginByte + byteCount;
  return requestedDevice(request) === device && overlaps;
}

/** The quirks of a scooter, which others add and remove. */
export class ActiveQuirks {
  readonly #quirks: ReadonlySet<Quirk>;

  constructor(quirks: ReadonlySet<Quirk>) {
    this.#quirks = quirks;
  }

  some(test: (quirk: Quirk) => boolean | undefined): boolean {
    return [...this.#quirks].some((quirk) => test(quirk) === true);
  }

  /** Everything that they determine, in their order. */
  all<T>(get: (quirk: Quirk) => T | undefined): T[] {
    return [...this.#quirks].flatMap((quirk) => get(quirk) ?? []);
  }
}
