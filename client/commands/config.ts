import { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import type { Platform } from '../platform.ts';
import { credentialsOf } from '../uplink/credentials.ts';

/** `martinete config check`: what is wrong with a configuration file, all of it at once. */
export function configCommand(platform: Platform): Command {
  const command = new Command('config').description('look at the configuration');
  command
    .command('check')
    .description('say everything that is wrong with the configuration file')
    .option('-c, --config <file>', 'configuration file', 'martinete.toml')
    .action(({ config }: { config: string }) => {
      const { mqtt, scooter } = loadConfig(config);
      credentialsOf(mqtt, platform.env);
      platform.adapter(scooter.adapter, scooter.hciChannel);
      platform.out.write(`${config} is in order.\n`);
    });
  return command;
}
