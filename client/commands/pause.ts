import { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import type { Platform } from '../platform.ts';
import { ClientError } from '../errors.ts';
import { encodePause, pausePath } from '../pause/pause.ts';
import { positiveSeconds } from './arguments.ts';

interface PauseOptions {
  readonly config: string;
}

/** `martinete pause <duration>`: lets the phone app have the scooter. */
export function pauseCommand(platform: Platform): Command {
  return new Command('pause')
    .description('leave the scooter to the phone app for a while')
    .argument('<duration>', 'for how long, such as 90s (or 90), 10m or 2h, up to 24h', positiveSeconds)
    .option('-c, --config <file>', 'configuration file of the client', 'martinete.toml')
    .action((seconds: number, { config }: PauseOptions) => {
      const { path } = loadConfig(config).outbox;
      const fromMs = Date.now();
      const untilMs = fromMs + Math.ceil(seconds * 1000);
      onFile(path, (file) => platform.pauseFiles.write(file, encodePause({ fromMs, untilMs })));
      const isRunning = platform.stores.isOpen(path);
      const who =
        isRunning === false
          ? 'No client runs just now: one that starts leaves the scooter alone'
          : `The client ${isRunning === true ? 'lets go of the scooter, and leaves it' : 'leaves the scooter'} alone`;
      platform.out.write(
        `${who} until ${localTime(untilMs, fromMs)}; \`martinete resume\` ends that early.\n`,
      );
    });
}

/** `martinete resume`: ends a pause before its time. */
export function resumeCommand(platform: Platform): Command {
  return new Command('resume')
    .description('end a pause before its time')
    .option('-c, --config <file>', 'configuration file of the client', 'martinete.toml')
    .action(({ config }: PauseOptions) => {
      const { path } = loadConfig(config).outbox;
      const wasPaused = onFile(path, (file) => {
        const isThere = platform.pauseFiles.read(file) !== undefined;
        if (isThere) platform.pauseFiles.remove(file);
        return isThere;
      });
      const isRunning = platform.stores.isOpen(path);
      if (!wasPaused) platform.out.write('There is no pause.\n');
      else if (isRunning === undefined) platform.out.write('The pause is over.\n');
      else if (isRunning)
        platform.out.write('The pause is over: the client searches for the scooter again.\n');
      else platform.out.write('The pause is over, but no client runs just now.\n');
    });
}

function onFile<T>(outboxPath: string, act: (path: string) => T): T {
  try {
    return act(pausePath(outboxPath));
  } catch (cause) {
    if (cause instanceof ClientError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ClientError(
      'config',
      `No word can be left for the client: ${reason}. To leave one takes the rights of the user that the client runs as, and a ` +
        'disk that works where [outbox] path is.',
      { cause },
    );
  }
}

/** By the clock on the owner's wall. */
function localTime(ms: number, nowMs: number): string {
  const [then, now] = [new Date(ms), new Date(nowMs)];
  const time = then.toTimeString().slice(0, 'hh:mm:ss'.length);
  return then.toDateString() === now.toDateString() ? time : `${time} tomorrow`;
}
