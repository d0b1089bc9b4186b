import { type Command, InvalidArgumentError, Option } from 'commander';
import { AdapterError, ChannelError, isKernelAdapter } from '../../hci/adapter.ts';
import type { HciChannel } from '../../hci/socket.ts';
import { openConfig, type LoadedConfig } from '../config/load.ts';
import { SECTIONS, type Overrides } from '../config/schema.ts';
import { sentenceOf } from '../errors.ts';
import type { Platform } from '../platform.ts';

/** Options that several commands share. */
export interface CommonOptions {
  readonly config: string;
  readonly adapter?: string;
  readonly hciChannel?: HciChannel;
  readonly broker?: string;
}

/** Adds `--config`, `--adapter` and `--hci-channel`. */
export function withConfigOptions(command: Command, platform: Platform): Command {
  return command
    .option('-c, --config <file>', 'configuration file', 'martinete.toml')
    .option('--adapter <name>', 'Bluetooth adapter; overrides the configuration', adapterArgument(platform))
    .addOption(channelOption('HCI channel of the adapter; overrides the configuration'));
}

/** Parses the name of an adapter. Which channels it has is checked later, together with `--hci-channel`. */
export function adapterArgument(platform: Platform): (name: string) => string {
  return (name) => {
    try {
      platform.adapter(name);
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      if (!(error instanceof ChannelError)) throw new InvalidArgumentError(sentenceOf(error));
    }
    return name;
  };
}

/** The option `--hci-channel`. */
export function channelOption(description: string): Option {
  const { choices } = SECTIONS.scooter.keys.hci_channel.kind;
  return new Option('--hci-channel <channel>', description).choices(choices ?? []);
}

/** Loads the configuration with the overrides of the command line. */
export function configOf({ config, adapter, hciChannel, broker }: CommonOptions): LoadedConfig {
  // The channel in the file is for the adapter in the file; adapters that are not the kernel's have the user channel only.
  const isOther = adapter !== undefined && !isKernelAdapter(adapter);
  const channel = hciChannel ?? (isOther ? 'user' : undefined);
  const overrides: Overrides = {
    ...(broker !== undefined && { mqtt: { broker } }),
    ...((adapter ?? channel) !== undefined && { scooter: { adapter, hci_channel: channel } }),
  };
  return openConfig(config, overrides);
}
