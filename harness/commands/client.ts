import { parseArgs } from 'node:util';
import { systemPlatform } from '../../client/platform.ts';
import { runProcess } from '../../client/process.ts';
import { useUserChannel } from '../../hci/user-channel.ts';
import { startVirtualRadio } from '../world/scooter/scooter-in-range.ts';
import { VIRTUAL_ADAPTER } from '../world/world.ts';

useUserChannel();
const args = process.argv.slice(2);
const { values } = parseArgs({ args, strict: false, options: { adapter: { type: 'string' } } });
const isVirtual = values.adapter === VIRTUAL_ADAPTER;
const radio = isVirtual ? await startVirtualRadio() : undefined;
const platform = radio ? { ...systemPlatform, adapter: () => radio.adapter } : systemPlatform;
const code = await runProcess(platform, (impatient) => process.exit(impatient));
radio?.close();
process.exit(code);
