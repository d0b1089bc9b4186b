import { requestedDevice, type RegisterMessage } from '../../protocol/message.ts';
import type { Block } from '../../protocol/registers/table.ts';
import type { Channel } from './channel.ts';

/** Bytes of one register. */
const WORD_BYTES = 2;

/**
 * Deviation of a scooter from the behaviour that `Firmware` implements, as seen on real scooters or injected as a fault.
 * Each hook is optional; quirks are added and removed at any time, and their hooks called in that order.
 */
export interface Quirk {
  /** Whether a valid read stays unanswered. */
  readonly withholdsReply?: (request: RegisterMessage, nowMs: number) => boolean;
  /** Whether the start of a login is ignored. */
  readonly ignoresLogin?: (nowMs: number) => boolean;
  /** Replaces a notification by none, itself, or others. */
  readonly notifications?: (channel: Channel, bytes: Buffer) => readonly Buffer[];
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

/** Whether a read includes registers of a block. */
function includes(request: RegisterMessage, { device, register, bytes }: Range): boolean {
  const [byteCount = 0] = request.data;
  const [beginByte, blockByte] = [WORD_BYTES * request.register, WORD_BYTES * register];
  const overlaps = beginByte < blockByte + bytes && blockByte < beginByte + byteCount;
  return requestedDevice(request) === device && overlaps;
}
