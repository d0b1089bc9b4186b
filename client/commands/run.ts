import { Command } from 'commander';
import { runClient } from '../client.ts';
import type { Platform } from '../platform.ts';
import { createLogger } from '../log.ts';
import { configOf, withConfigOptions, type CommonOptions } from './options.ts';

/** `martinete run`: rides along until it is stopped. */
export function runCommand(platform: Platform, signal: AbortSignal): Command {
  const command = new Command('run')
    .description('find the scooter, log in, and publish what it and the GPS say until stopped')
    .option('--broker <url>', 'MQTT broker, instead of the configured one');
  return withConfigOptions(command).action(async (options: CommonOptions) => {
    const config = configOf(options);
    const log = createLogger({ ...config.log, sink: platform.log });
    await runClient(config, platform, log, signal);
    log.info('stopped on request');
  });
}
