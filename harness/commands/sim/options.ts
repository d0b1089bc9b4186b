import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { macArgument } from '../../../client/commands/arguments.ts';
import {
  ADVERTISEMENT_VARIANTS,
  type AdvertisementVariant,
  type Generation,
  GENERATIONS,
} from '../../../protocol/advertisement.ts';
import { ENDPOINTS, type Endpoint } from '../../../hci/endpoint.ts';
import type { ScooterModel } from '../../../simulator/models/model.ts';
import {
  findModel,
  hasLogin,
  MODEL_IDS,
  type ModelChoice,
  UnknownModelError,
} from '../../../simulator/models/models.ts';
import { canHaveQuirk, type QuirkName, QUIRKS } from '../../../simulator/firmware/named-quirks.ts';
import { modeCodes } from '../../../simulator/models/modes.ts';
import type { RideOptions } from '../../../simulator/ride/ride.ts';
import { outputFile, type OutputFile } from '../../report/command-line.ts';
import { VIRTUAL_SCOOTER } from '../../world/scooter/identities.ts';
import { VIRTUAL_ADAPTER } from '../../world/world.ts';
import { PTY } from './gps-port.ts';
import { addRideOptions, type ParsedRideOptions, rideOptions } from './ride-options.ts';

/** Options of `npm run sim`. */
export interface SimOptions {
  /** A local Bluetooth adapter, or the virtual one. */
  readonly adapter: string;
  /** H4 addresses of the virtual air: `tcp:host:port` or `unix:path`; none with a local adapter. */
  readonly h4: readonly string[];
  /** The model in one generation, with what it advertises. */
  readonly model: ScooterModel;
  /** Address of the scooter, lower case with colons. With a local adapter only name and serial numbers depend on it. */
  readonly address: string;
  /** Whether `--address` was given although the controller keeps its own address. */
  readonly isAddressIgnored: boolean;
  readonly ride: Omit<RideOptions, 'model'>;
  /** What was changed of the route in a GPX file. */
  readonly routeNotice: string | undefined;
  /** Time of the ride at which it is frozen. */
  readonly holdAtMs: number | undefined;
  /** Time standing after which the scooter switches itself off. */
  readonly autoOffMs: number | undefined;
  /** File with the pairing of the scooter. */
  readonly memory: string;
  /** Whether the scooter starts without the pairing in that file. */
  readonly unpaired: boolean;
  /** Whether the power button is pressed at every beep. */
  readonly press: boolean;
  /** Quirks of real scooters that it has. */
  readonly quirk: readonly QuirkName[];
  /** Whether an adapter that is missing or fails is waited for. */
  readonly wait: boolean;
  /** `tcp:host:port`. */
  readonly broker: string | undefined;
  /** `tcp:host:port`, `unix:path` or `pty`. */
  readonly gps: string | undefined;
  readonly btsnoop: OutputFile | undefined;
}

type ParsedOptions = Partial<Omit<SimOptions, 'model' | 'ride'>> &
  Pick<SimOptions, 'adapter'> &
  ParsedRideOptions & {
    readonly model: string;
    readonly generation?: Generation;
    readonly advertisement?: AdvertisementVariant;
  };

const MINUTE_MS = 60_000;
const DEFAULT_H4 = 'tcp:127.0.0.1:7400';
/** The broker of the example configuration. */
const DEFAULT_BROKER = 'tcp:127.0.0.1:1883';

const ENDPOINT_NAMES = ENDPOINTS.map(({ expected }) => expected).join(' or ');

/** Default scooter. On the virtual radio it is that of the example configuration, as in every command. */
const DEFAULT_SCOOTERS = {
  virtual: VIRTUAL_SCOOTER,
  real: { address: 'c8:f0:9e:00:00:02', memory: join('.martinete', 'simulated-scooter') },
} as const;

/** Command-line parser of `npm run sim`. */
export function simProgram(): Command {
  const program = new Command('sim')
    .description(
      'simulate a scooter on a local Bluetooth adapter, or on a virtual radio that clients reach over H4; ' +
        'Enter presses its power button',
    )
    .option('--adapter <name>', `local Bluetooth adapter, used exclusively, or "${VIRTUAL_ADAPTER}"`, 'hci1')
    .option(
      '--h4 <address>',
      `address at which clients connect to the virtual radio; repeatable (default: "${DEFAULT_H4}")`,
      h4Argument,
    )
    .addOption(new Option('--model <id>', 'scooter model').choices(MODEL_IDS).default('pro2'))
    .addOption(
      new Option(
        '--generation <generation>',
        'protocol of its Bluetooth firmware; m365 has all, pro xor and miauth (default: that of the model)',
      ).choices(GENERATIONS),
    )
    .addOption(
      new Option(
        '--advertisement <contents>',
        'what it advertises beside its name: manufacturer data, FE95 service data, or both ' +
          '(default: "manufacturer")',
      ).choices(ADVERTISEMENT_VARIANTS),
    )
    .option(
      '--address <mac>',
      'address of the scooter, which also determines its name and serial numbers; a controller other than the ' +
        'virtual one keeps its own address, so that only name and serial numbers follow',
      macArgument,
    )
    .option(
      '--memory <file>',
      `file that stores the pairing (default: "${DEFAULT_SCOOTERS.real.memory}", with --adapter ${VIRTUAL_ADAPTER} ` +
        `"${DEFAULT_SCOOTERS.virtual.memory}"; an address that is given is added)`,
    )
    .option('--unpaired', 'start without the stored pairing, as a scooter that was never paired')
    .option('--press', 'press the power button whenever the scooter beeps')
    .addOption(
      new Option('--quirk <name...>', 'quirk of real scooters; repeatable').choices(Object.keys(QUIRKS)),
    )
    .option('--wait', 'wait for an adapter that is missing, busy or unplugged, instead of exiting with 71')
    .addOption(
      new Option('--broker [address]', 'start an MQTT broker and print the samples that it receives')
        .preset(DEFAULT_BROKER)
        .argParser(brokerArgument),
    )
    .option('--gps <address>', 'serve NMEA at tcp:host:port, or on a pseudo-terminal ("pty")', gpsArgument)
    .option('--btsnoop <file>', "capture the HCI packets of the scooter's adapter for Wireshark", outputFile);
  return addRideOptions(program);
}

/** Options of a parsed command line. @throws CommanderError for options that cannot be combined */
export function simOptions(program: Command): SimOptions {
  const { model, generation, advertisement, ...options } = program.opts<ParsedOptions>();
  const { hold, autoOff, ...parsed } = options;
  const isVirtual = parsed.adapter === VIRTUAL_ADAPTER;
  const selected = selectedModel(program, model, { generation, advertisement }, parsed.unpaired);
  checkMode(program, selected, parsed.mode);
  checkQuirks(program, selected, parsed.quirk);
  if (parsed.h4 && !isVirtual) program.error(`error: --h4 requires --adapter ${VIRTUAL_ADAPTER}`);
  const { address, memory } = isVirtual ? DEFAULT_SCOOTERS.virtual : DEFAULT_SCOOTERS.real;
  return {
    address,
    memory: memoryOf(memory, parsed.address ?? address, address),
    h4: isVirtual ? [DEFAULT_H4] : [],
    unpaired: false,
    press: false,
    quirk: [],
    wait: false,
    broker: undefined,
    gps: undefined,
    btsnoop: undefined,
    ...parsed,
    isAddressIgnored: parsed.address !== undefined && !isVirtual,
    ride: rideOptions(parsed),
    routeNotice: parsed.route?.notice,
    holdAtMs: hold === undefined ? undefined : hold * 1000,
    autoOffMs: autoOff === undefined ? undefined : autoOff * MINUTE_MS,
    model: selected,
  };
}

/** The file with the pairing of a scooter: one for each address. */
function memoryOf(defaultFile: string, address: string, defaultAddress: string): string {
  return address === defaultAddress ? defaultFile : `${defaultFile}-${address.replaceAll(':', '')}`;
}

function selectedModel(program: Command, id: string, choice: ModelChoice, isUnpaired = false): ScooterModel {
  const model = knownModel(program, id, choice);
  if (isUnpaired && !hasLogin(model)) {
    const { name, generation } = model;
    program.error(
      `error: --unpaired requires --generation miauth: the ${name} is of the generation ${generation}, which has no pairing`,
    );
  }
  return model;
}

function knownModel(program: Command, id: string, choice: ModelChoice): ScooterModel {
  try {
    return findModel(id, choice);
  } catch (error) {
    if (error instanceof UnknownModelError) return program.error(`error: ${error.message}`);
    throw error;
  }
}

function checkQuirks(program: Command, model: ScooterModel, quirks: readonly QuirkName[] = []): void {
  const quirk = quirks.find((name) => !canHaveQuirk(model, name));
  if (quirk === undefined) return;
  const required = QUIRKS[quirk].generations?.join(' or ');
  program.error(
    `error: --quirk ${quirk} requires --generation ${required}: the ${model.name} is of the generation ${model.generation}`,
  );
}

function checkMode(program: Command, model: ScooterModel, mode: number | undefined): void {
  const codes = modeCodes(model);
  if (mode === undefined || codes.includes(mode)) return;
  program.error(`error: no ${model.name} has the mode ${mode}: expected ${codes.join(' or ')}`);
}

function h4Argument(text: string, earlier: readonly string[] = []): string[] {
  if (endpointOf(text)) return [...earlier, text];
  throw new InvalidArgumentError(`Expected ${ENDPOINT_NAMES}.`);
}

function brokerArgument(text: string): string {
  const endpoint = endpointOf(text);
  if (endpoint && 'host' in endpoint) return text;
  throw new InvalidArgumentError('Expected tcp:host:port.');
}

function gpsArgument(text: string): string {
  if (text === PTY || endpointOf(text)) return text;
  throw new InvalidArgumentError(`Expected ${ENDPOINT_NAMES} or ${PTY}.`);
}

function endpointOf(text: string): Endpoint | undefined {
  return ENDPOINTS.map(({ parse }) => parse(text)).find((endpoint) => endpoint !== undefined);
}
