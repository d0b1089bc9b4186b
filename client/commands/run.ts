import { Command } from 'commander';
import { runClient } from '../client.ts';
import type { Platform } from '../platform.ts';
import { createLogger } from '../log.ts';
import { checkSystem, RUN_CHECKS } from '../system-checks.ts';
import { configOf, withConfigOptions, type CommonOptions } from './options.ts';

/** `martinete run`: publishes telemetry until stopped. */
export function runCommand(platform: Platform, signal: AbortSignal): Command {
  const command = new Command('run')
    .description('connect to the scooter, and publish its telemetry and the GPS position until stopped')
    .option('--broker <url>', 'MQTT broker; overrides the configuration');
  return withConfigOptions(command, platform).action(async (options: CommonOptions) => {
    const loaded = configOf(options);
    checkSystem(loaded, platform, RUN_CHECKS);
    const { config } = loaded;
    const log = createLogger({ ...config.log, sink: platform.log });
    await runClient(config, platform, log, signal);
    log.info('stopped on request');
  });
}
