import { Command, CommanderError } from 'commander';
import { AdapterError, ChannelError } from '../hci/adapter.ts';
import { prefixErrors } from './commands/error-prefix.ts';
import { configCommand } from './commands/config.ts';
import { outboxCommand } from './commands/outbox.ts';
import { pauseCommand, resumeCommand } from './commands/pause.ts';
import { registerCommand } from './commands/register.ts';
import { runCommand } from './commands/run.ts';
import { scanCommand } from './commands/scan.ts';
import type { Platform } from './platform.ts';
import { ClientError, EXIT, sentenceOf } from './errors.ts';
import { VERSION } from './version.ts';

const HELP = `
Exit codes:
    0  stopped on request
   64  usage error
   69  scooter not found
   71  adapter unusable
   74  output incomplete
   75  scooter lost for too long, or another client running
   77  token rejected or missing
   78  invalid configuration
  130  stopped by a second signal`;

const COMMANDS = [
  runCommand,
  scanCommand,
  registerCommand,
  pauseCommand,
  resumeCommand,
  configCommand,
  outboxCommand,
];

/**
 * Runs one command line on a platform.
 * @param args without node and script.
 * @returns the exit code; errors are printed to `platform.log`.
 */
export async function main(
  args: readonly string[],
  platform: Platform,
  signal: AbortSignal,
): Promise<number> {
  const program = new Command('martinete')
    .description('Publish the telemetry of a Xiaomi e-scooter to an MQTT broker')
    .version(VERSION)
    .addHelpText('after', HELP)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => platform.out.write(text),
      writeErr: (text) => platform.log.write(text),
    });
  prefixErrors(program);
  for (const command of COMMANDS) program.addCommand(command(platform, signal));
  inheritSettings(program);
  try {
    await parse(program, args);
    await platform.out.flush?.(signal);
    return EXIT.stopped;
  } catch (error) {
    return report(error, platform);
  }
}

/** Applies the settings of a command to all below it, which were created without them. */
function inheritSettings(command: Command): void {
  for (const subcommand of command.commands) inheritSettings(subcommand.copyInheritedSettings(command));
}

/** Help and version are printed like any other output, so that a failure to write them is reported. */
async function parse(program: Command, args: readonly string[]): Promise<void> {
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError && error.exitCode === 0)) throw error;
  }
}

function report(error: unknown, platform: Platform): number {
  if (error instanceof CommanderError) return EXIT.usage;
  if (error instanceof ClientError) {
    if (error.code === 'aborted') return EXIT.stopped;
    platform.log.write(`martinete: ${sentenceOf(error)}\n`);
    return error.exitCode;
  }
  if (error instanceof AdapterError) {
    platform.log.write(`martinete: ${sentenceOf(error)}\n`);
    return error instanceof ChannelError ? EXIT.configuration : EXIT.adapterUnusable;
  }
  throw error;
}
