import type { Device } from '../../protocol/message.ts';
import { BLOCKS, ROWS } from '../../protocol/registers/table.ts';
import type { AbsentBlockAnswer } from '../models/model.ts';

const WORD_BYTES = 2;

/** Registers that scooters answer with zeros: the unused slots of the cells, and the area behind them. */
const ZERO_AREAS = [
  { device: 'bms', register: 0x4a, bytes: 10 },
  { device: 'bms', register: 0x50, bytes: 32 },
] as const satisfies readonly { device: Device; register: number; bytes: number }[];

const wordsFrom = (register: number, bytes: number): number[] =>
  Array.from({ length: Math.ceil(bytes / WORD_BYTES) }, (_, index) => register + index);

function wordsOf(device: Device): ReadonlySet<number> {
  const areas = [...Object.values(BLOCKS), ...ZERO_AREAS, ...ROWS].filter((area) => area.device === device);
  const mirrors = ROWS.filter((row) => row.device === device).flatMap(({ mirrors: registers, bytes }) =>
    registers.map((register) => ({ register, bytes })),
  );
  return new Set([...areas, ...mirrors].flatMap(({ register, bytes }) => wordsFrom(register, bytes)));
}

const EXISTING: Readonly<Record<Device, ReadonlySet<number>>> = {
  ble: wordsOf('ble'),
  esc: wordsOf('esc'),
  bms: wordsOf('bms'),
};

/** Whether a read of `byteCount` bytes includes no register that is known to exist. */
export function isAbsent(device: Device, register: number, byteCount: number): boolean {
  const existing = EXISTING[device];
  const end = register + Math.ceil(byteCount / WORD_BYTES);
  for (let word = register; word < end; word++) if (existing.has(word)) return false;
  return true;
}

/** What a read of an absent block is answered with; undefined if it is not answered. */
export const ABSENT_BLOCK_ANSWERS: Readonly<
  Record<AbsentBlockAnswer, (byteCount: number) => Buffer | undefined>
> = {
  silence: () => undefined,
  zeros: (byteCount) => Buffer.alloc(byteCount),
  refusal: () => Buffer.alloc(0),
};
