import { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import type { Platform } from '../platform.ts';
import { ClientError } from '../errors.ts';
import { encodePause, pausePath } from '../pause/pause.ts';
import { positiveSeconds } from './arguments.ts';

interface PauseOptions {
  readonly config: string;
}

/** `martinete pause <duration>`: disconnects the client, so that the phone app can connect to the scooter. */
export function pauseCommand(platform: Platform): Command {
  return new Command('pause')
    .description('disconnect from the scooter for some time, so that the phone app can connect to it')
    .argument('<duration>', 'such as 90s (or 90), 10m or 2h, at most 24h', positiveSeconds)
    .option('-c, --config <file>', 'configuration file of the client', 'martinete.toml')
    .action((seconds: number, { config }: PauseOptions) => {
      const { path } = loadConfig(config).outbox;
      const fromMs = Date.now();
      const untilMs = fromMs + Math.ceil(seconds * 1000);
      const text = encodePause({ fromMs, untilMs, uptime: platform.uptime() });
      accessFile('write', path, (file) => platform.pauseFiles.write(file, text));
      const isRunning = platform.stores.isOpen(path);
      const note = isRunning === false ? ' No client is running: the pause applies to the next one.' : '';
      platform.out.write(
        `Paused: not connecting to the scooter until ${localTime(untilMs, fromMs)}.${note} ` +
          'To end the pause now: `martinete resume`.\n',
      );
    });
}

/** `martinete resume`: ends a pause early. */
export function resumeCommand(platform: Platform): Command {
  return new Command('resume')
    .description('end a pause early')
    .option('-c, --config <file>', 'configuration file of the client', 'martinete.toml')
    .action(({ config }: PauseOptions) => {
      const { path } = loadConfig(config).outbox;
      const wasPaused = accessFile('remove', path, (file) => {
        const exists = platform.pauseFiles.read(file) !== undefined;
        if (exists) platform.pauseFiles.remove(file);
        return exists;
      });
      const isRunning = platform.stores.isOpen(path);
      if (!wasPaused) platform.out.write('Not paused: there is nothing to resume.\n');
      else if (isRunning === undefined) platform.out.write('Resumed.\n');
      else if (isRunning) platform.out.write('Resumed: searching for the scooter again.\n');
      else platform.out.write('Resumed, but no client is running: start it with `martinete run`.\n');
    });
}

function accessFile<T>(action: 'write' | 'remove', outboxPath: string, act: (path: string) => T): T {
  try {
    return act(pausePath(outboxPath));
  } catch (cause) {
    if (cause instanceof ClientError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ClientError(
      'config',
      `Cannot ${action} the pause file: ${reason}. Run this command as the user of the client, and check the disk ` +
        'of [outbox] path',
      { cause },
    );
  }
}

/** The local time of day, with a note if it is on the next day. */
function localTime(ms: number, nowMs: number): string {
  const [then, now] = [new Date(ms), new Date(nowMs)];
  const time = then.toTimeString().slice(0, 'hh:mm:ss'.length);
  return then.toDateString() === now.toDateString() ? time : `${time} tomorrow`;
}
