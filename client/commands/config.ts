import { Command } from 'commander';
import { openConfig } from '../config/load.ts';
import type { Platform } from '../platform.ts';
import { ALL_CHECKS, checkSystem } from '../system-checks.ts';

/** `martinete config check`: validates a configuration file and what it refers to, and reports all its errors at once. */
export function configCommand(platform: Platform): Command {
  const command = new Command('config').description('work with the configuration file');
  command
    .command('check')
    .description(
      'validate the configuration file, and the files, the serial port and the adapter that it names',
    )
    .option('-c, --config <file>', 'configuration file', 'martinete.toml')
    .action(({ config }: { config: string }) => {
      checkSystem(openConfig(config), platform, ALL_CHECKS);
      platform.out.write(`${config} is valid.\n`);
    });
  return command;
}
