import { useUserChannel } from '../../hci/user-channel.ts';
import { sim } from './sim/command.ts';

useUserChannel();
process.env['BLENO_DEVICE_NAME'] ??= 'MIScooter';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
// The reader of stdout has closed it, as `head` does.
process.stdout.on('error', () => stop.abort());

const { stdout: out, stderr: err, stdin: input } = process;
process.exit(await sim(process.argv.slice(2), { out, err, input }, stop.signal));
