import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { useUserChannel } from '../../hci/user-channel.ts';
import { positiveSeconds } from '../../client/commands/arguments.ts';
import { loadConfig } from '../../client/config/load.ts';
import { outputClosedSignal, runProgram } from '../report/command-line.ts';
import { ride } from './demo/ride.ts';

useUserChannel();
process.env['BLENO_DEVICE_NAME'] ??= 'MIScooter';

interface DemoOptions {
  readonly config: string;
  readonly broker?: string;
  readonly for?: number;
  readonly json?: true;
}

const program = new Command('demo')
  .description('pair the production client with a virtual scooter and ride with it; needs no hardware')
  .option('-c, --config <file>', 'configuration file of the client', 'martinete.toml')
  .option('--broker <url>', 'publish to your own MQTT broker instead of the built-in one')
  .option('--for <duration>', 'stop after this time, such as 20s or 2m', positiveSeconds)
  .option('--json', 'print only the received payloads, one JSON object per line');

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());

const outputClosed = outputClosedSignal();

process.exit(
  await runProgram(program, async () => {
    const options = program.opts<DemoOptions>();
    const folder = mkdtempSync(join(tmpdir(), 'martinete-demo-'));
    try {
      const config = loadConfig(options.config, {
        ...(options.broker !== undefined && { mqtt: { broker: options.broker } }),
        scooter: { token_file_path: join(folder, 'token') },
        outbox: { path: join(folder, 'outbox') },
      });
      return await ride({
        config,
        usesOwnBroker: options.broker !== undefined,
        durationMs: options.for === undefined ? undefined : options.for * 1000,
        json: options.json === true,
        out: process.stdout,
        err: process.stderr,
        signal: stop.signal,
        outputClosed,
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }),
);
