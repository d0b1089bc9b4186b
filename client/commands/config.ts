import { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import type { Platform } from '../platform.ts';
import { credentialsOf } from '../uplink/credentials.ts';

/** `martinete config check`: validates a configuration file, and reports all its errors at once. */
export function configCommand(platform: Platform): Command {
  const command = new Command('config').description('work with the configuration file');
  command
    .command('check')
    .description('validate the configuration file')
    .option('-c, --config <file>', 'configuration file', 'martinete.toml')
    .action(({ config }: { config: string }) => {
      const { mqtt, scooter } = loadConfig(config);
      credentialsOf(mqtt, platform.env);
      platform.adapter(scooter.adapter, scooter.hciChannel);
      platform.out.write(`${config} is valid.\n`);
    });
  return command;
}
