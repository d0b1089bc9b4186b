/** Register blocks that the client reads for a sample, in this order. */
export const CYCLE_BLOCKS = ['live', 'battery', 'range'] as const;

export type CycleBlock = (typeof CYCLE_BLOCKS)[number];

/** A register block. */
export interface PolledBlock {
  readonly device: 'esc' | 'bms';
  /** Address of its first register. */
  readonly register: number;
  readonly bytes: number;
  /** Number of bytes up to the end of the last value that is published. */
  readonly usedBytes: number;
}

/** Not the client's own table: an error in it would then be expected as well. Source: CamiAlfa's captures of an m365. */
export const POLLED_BLOCKS: Readonly<Record<CycleBlock, PolledBlock>> = {
  live: { device: 'esc', register: 0xb0, bytes: 32, usedBytes: 24 },
  battery: { device: 'bms', register: 0x31, bytes: 10, usedBytes: 10 },
  range: { device: 'esc', register: 0x25, bytes: 2, usedBytes: 2 },
};

/** Number of transmissions with which the client finds out that a block is silent. */
export const SILENT_TRANSMISSIONS = 3;

/** Index of the block that contains a register; -1 if none does. */
export function blockAt(device: string, register: number): number {
  return CYCLE_BLOCKS.findIndex((name) => {
    const block = POLLED_BLOCKS[name];
    const offset = 2 * (register - block.register);
    return device === block.device && offset >= 0 && offset < block.bytes;
  });
}
