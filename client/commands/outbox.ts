import { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import type { Platform } from '../platform.ts';
import { inspectOutbox, type StoredOutbox } from '../outbox/store/inspection.ts';
import { ClientError, systemCode } from '../errors.ts';
import { incompleteOutput } from '../process-output.ts';

interface OutboxOptions {
  readonly config: string;
  readonly path?: string;
}

interface ExportOptions extends OutboxOptions {
  readonly aside?: true;
}

/** `martinete outbox status|export`: inspects the samples waiting for the broker, while no client is running. */
export function outboxCommand(platform: Platform, signal: AbortSignal): Command {
  const command = new Command('outbox').description(
    'inspect the samples waiting for the broker, while no client is running',
  );
  const withOptions = (subcommand: Command): Command =>
    subcommand
      .option('-c, --config <file>', 'configuration file with the path of the outbox', 'martinete.toml')
      .option('--path <folder>', 'folder of another outbox, such as one set aside after damage');
  withOptions(command.command('status'))
    .description(
      'print the number of waiting samples and their times, and the number of dropped ones by reason',
    )
    .action((options: OutboxOptions) =>
      inspect(platform, options, signal, (outbox) => printStatus(platform, outbox)),
    );
  withOptions(command.command('export'))
    .description('print the waiting samples, one JSON object per line; they stay in the outbox')
    .option('--aside', 'print the samples that the broker rejected instead')
    .action((options: ExportOptions) =>
      inspect(platform, options, signal, (outbox) =>
        printSamples(platform, outbox, { aside: options.aside === true, signal }),
      ),
    );
  return command;
}

async function inspect(
  platform: Platform,
  { config, path = loadConfig(config).outbox.path }: OutboxOptions,
  signal: AbortSignal,
  use: (outbox: StoredOutbox) => Promise<void>,
): Promise<void> {
  const outbox = await inspectOutbox(platform.stores, path, signal);
  try {
    await use(outbox);
  } finally {
    await outbox.close();
  }
}

async function printStatus({ out }: Platform, outbox: StoredOutbox): Promise<void> {
  const { count, bytes, oldest, newest, unreadable, aside, dropped, storesAside } = await outbox.status();
  const drops = Object.entries(dropped).map(([reason, total]) => `${reason} ${total}`);
  const lines: readonly (readonly [what: string, value: string])[] = [
    ['samples', String(count)],
    ['bytes', String(bytes)],
    ['oldest', oldest ?? '-'],
    ['newest', newest ?? '-'],
    ...(unreadable > 0 ? [['damaged', String(unreadable)] as const] : []),
    ['set aside', String(aside)],
    ['dropped', drops.join(', ') || 'none'],
    ...storesAside.map((store) => ['old store', store] as const),
  ];
  for (const [what, value] of lines) out.write(`${what.padEnd(10)} ${value}\n`);
}

async function printSamples(
  { out }: Platform,
  outbox: StoredOutbox,
  { aside, signal }: { readonly aside: boolean; readonly signal: AbortSignal },
): Promise<void> {
  try {
    try {
      for await (const payload of outbox.payloads(aside)) {
        if (out.write(`${payload}\n`) === false) await out.flush?.(signal);
      }
    } finally {
      // What could be read is written as a whole.
      await out.flush?.(signal);
    }
  } catch (error) {
    throw exportError(error);
  }
}

/** An export that has ended early says so, whatever the reason. */
function exportError(error: unknown): ClientError {
  if (!(error instanceof ClientError)) {
    return incompleteOutput(`the outbox cannot be read (${systemCode(error)})`, error);
  }
  return error.code === 'aborted' ? incompleteOutput('stopped on request', error) : error;
}
