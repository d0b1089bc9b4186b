import type { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import type { Config, Overrides } from '../config/schema.ts';

/** Options that several commands share. */
export interface CommonOptions {
  readonly config: string;
  readonly adapter?: string;
  readonly broker?: string;
}

/** Adds `--config` and `--adapter`. */
export function withConfigOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'configuration file', 'martinete.toml')
    .option('--adapter <name>', 'Bluetooth adapter, instead of the configured one');
}

/** The configuration with what the command line says instead. */
export function configOf({ config, adapter, broker }: CommonOptions): Config {
  const overrides: Overrides = {
    ...(broker !== undefined && { mqtt: { broker } }),
    ...(adapter !== undefined && { scooter: { adapter } }),
  };
  return loadConfig(config, overrides);
}
