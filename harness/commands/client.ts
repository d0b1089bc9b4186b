import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemEdges } from '../../client/edges.ts';
import { runProcess } from '../../client/process.ts';
import { useUserChannel } from '../../hci/user-channel.ts';
import { startVirtualRadio } from '../world/virtual-radio.ts';
import { VIRTUAL_ADAPTER } from '../world/world.ts';

/** Where the virtual scooter remembers who it is paired with. */
const MEMORY = join('.martinete', 'virtual-scooter');
/** The scooter of the example configuration. */
const ADDRESS = 'c8:f0:9e:00:00:01';

useUserChannel();
const args = process.argv.slice(2);
const { values } = parseArgs({ args, strict: false, options: { adapter: { type: 'string' } } });
const isVirtual = values.adapter === VIRTUAL_ADAPTER;
const radio = isVirtual ? await startVirtualRadio({ address: ADDRESS, memoryPath: MEMORY }) : undefined;
const edges = radio ? { ...systemEdges, adapter: () => radio.adapter } : systemEdges;
const code = await runProcess(edges, (impatient) => process.exit(impatient));
radio?.close();
process.exit(code);
