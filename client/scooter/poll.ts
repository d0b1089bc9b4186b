import type { ModelUnits } from '../../protocol/models.ts';
import { decodeBlock, blockReadRequest } from '../../protocol/registers/codec.ts';
import { BLOCKS } from '../../protocol/registers/table.ts';
import type { Session } from './session.ts';

/** Register blocks read for each sample, in this order. */
const POLLED = { live: BLOCKS.live, battery: BLOCKS.battery, range: BLOCKS.range } as const;

/** Values read in one poll cycle, by their names in the register table. */
export type Telemetry = ReturnType<typeof decodeBlock<typeof BLOCKS.live.rows>> &
  ReturnType<typeof decodeBlock<typeof BLOCKS.battery.rows>> &
  ReturnType<typeof decodeBlock<typeof BLOCKS.range.rows>>;

/** Reads all register blocks of one sample. */
export async function poll(session: Session, units: ModelUnits): Promise<Telemetry> {
  const live = decodeBlock(POLLED.live, await session.request(blockReadRequest(POLLED.live)), units);
  const battery = decodeBlock(POLLED.battery, await session.request(blockReadRequest(POLLED.battery)), units);
  const range = decodeBlock(POLLED.range, await session.request(blockReadRequest(POLLED.range)), units);
  return Object.assign(live, battery, range);
}
