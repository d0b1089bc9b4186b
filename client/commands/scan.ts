import { Command } from 'commander';
import type { HciChannel } from '../../hci/socket.ts';
import { decodeManufacturerData, decodeMiBeacon, type Generation } from '../../protocol/advertisement.ts';
import type { Central, DiscoveredDevice } from '../ble/central.ts';
import { LibraryLog } from '../ble/library-log.ts';
import { openCentral } from '../ble/noble-central.ts';
import type { Platform } from '../platform.ts';
import { printable } from '../printable.ts';
import { advertisedModel } from '../scooter/protocol-generation.ts';
import { scanUntil } from '../scooter/search.ts';
import { positiveSeconds } from './arguments.ts';
import { adapterArgument, channelOption } from './options.ts';

const DEFAULT_SECONDS = 10;

interface ScanOptions {
  readonly adapter: string;
  readonly hciChannel: HciChannel;
  readonly for: number;
  readonly all?: true;
}

/** `martinete scan`: lists the scooters in range. */
export function scanCommand(platform: Platform, signal: AbortSignal): Command {
  return new Command('scan')
    .description('list the scooters in range; does not read the configuration')
    .option('--adapter <name>', 'Bluetooth adapter', adapterArgument(platform), 'hci0')
    .addOption(channelOption('HCI channel of the adapter').default('user'))
    .option('--for <duration>', 'how long to scan, such as 30s or 2m', positiveSeconds, DEFAULT_SECONDS)
    .option('--all', 'list every Bluetooth LE device, not only scooters')
    .action(async (options: ScanOptions) => {
      const libraries = LibraryLog.ofCommand(platform);
      let central: Central | undefined;
      try {
        central = await openCentral(
          platform.adapter(options.adapter, options.hciChannel),
          signal,
          libraries.onProblem,
        );
        const printed = new Set<string>();
        const list = (device: DiscoveredDevice): boolean => {
          const description = describe(device);
          if (!printed.has(device.address) && (options.all === true || description !== undefined)) {
            printed.add(device.address);
            platform.out.write(line(device, description ?? 'not a scooter'));
          }
          return false;
        };
        const stopProgress = showProgress(platform, options.for, () => printed.size > 0);
        try {
          await scanUntil(central, list, { windowMs: options.for * 1000, signal });
        } finally {
          stopProgress();
        }
        if (printed.size === 0)
          platform.out.write(
            'No scooters found. Is it switched on, in range, and not connected to a phone?\n',
          );
      } finally {
        await central?.close();
        libraries.close();
      }
    });
}

const PROGRESS_S = 5;

/** Shows on standard error, until something is found, that the scan is going on. @returns a function that ends it */
function showProgress({ log }: Platform, seconds: number, hasFound: () => boolean): () => void {
  const beganMs = performance.now();
  log.write(`Scanning for ${seconds} s …\n`);
  const timer = setInterval(() => {
    const leftS = Math.round(seconds - (performance.now() - beganMs) / 1000);
    if (!hasFound() && leftS > 0) log.write(`Nothing found yet, ${leftS} s left …\n`);
  }, PROGRESS_S * 1000);
  return () => clearInterval(timer);
}

/** What a generation of the protocol means to the owner. */
const GENERATIONS: Readonly<Record<Generation, string>> = {
  miauth: 'MiAuth',
  plain: 'needs no pairing',
  xor: 'XOR, needs no pairing',
};

/** Describes a scooter; undefined if the device is none. */
function describe(device: DiscoveredDevice): string | undefined {
  const { manufacturerData, miBeacon } = device;
  const data = manufacturerData && decodeManufacturerData(manufacturerData);
  const beacon = miBeacon && decodeMiBeacon(miBeacon);
  if (!data && !beacon) return undefined;
  const { model, generation } = advertisedModel(device);
  return `${model?.name ?? 'unknown model'}, ${GENERATIONS[generation ?? 'plain']}`;
}

function line({ address, rssi, name }: DiscoveredDevice, description: string): string {
  const strength = rssi === undefined ? 'RSSI unknown' : `${rssi} dBm`;
  return `${address}  ${strength.padStart(8)}  ${printable(name ?? '').padEnd(16)}  ${description}\n`;
}
