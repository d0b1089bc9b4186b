import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { main } from '../../client/cli.ts';
import { systemEdges, type Edges } from '../../client/edges.ts';
import { VIRTUAL_ADAPTER } from '../world/world.ts';
import { startVirtualRadio } from '../world/virtual-radio.ts';

process.env['HCI_CHANNEL_USER'] = '1';

/** Where the virtual scooter remembers who it is paired with. */
const MEMORY = join('.martinete', 'virtual-scooter');
/** The scooter of the example configuration. */
const ADDRESS = 'c8:f0:9e:00:00:01';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());

const args = process.argv.slice(2);
const { values } = parseArgs({ args, strict: false, options: { adapter: { type: 'string' } } });
const isVirtual = values.adapter === VIRTUAL_ADAPTER;
const radio = isVirtual ? await startVirtualRadio({ address: ADDRESS, memoryPath: MEMORY }) : undefined;
const edges: Edges = radio ? { ...systemEdges, adapter: () => radio.adapter } : systemEdges;
const code = await main(args, edges, stop.signal);
radio?.close();
process.exit(code);
