import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'smol-toml';
import { main } from '../../../client/cli.ts';
import { loadConfig } from '../../../client/config/load.ts';
import type { Config, Overrides } from '../../../client/config/schema.ts';
import type { Platform } from '../../../client/platform.ts';
import { writeToken } from '../../../client/token-file.ts';
import { MODELS, type ModelId } from '../../../simulator/ride/models.ts';
import type { Adapter } from '../../../hci/adapter.ts';
import { captured } from '../../../hci/capture.ts';
import type { Clock } from '../../world/clock/clock.ts';
import type { Happening } from '../../world/trace/event.ts';
import { census } from '../../world/service/census.ts';
import { ClientProcess } from '../../world/service/client-process.ts';
import { forkSeed, seededRandom } from '../../world/random.ts';
import { Service } from '../../world/service/service.ts';
import type { Stage } from '../../world/stage.ts';
import { VIRTUAL_ADAPTER, World } from '../../world/world.ts';
import { said } from './said.ts';
import type { Scenario } from '../format/scenario.ts';
import { runScript } from './script.ts';

/** Replaces a part at the composition root. */
export interface Mutation {
  /** Of the client: what it meets. */
  readonly edges?: (edges: Platform, stage: () => Stage) => Platform;
  /** Of the client: what it is told besides what the scenario says, and nobody else knows. */
  readonly client?: Overrides;
}

export interface PlayOptions {
  readonly seed: number;
  readonly clock: Clock;
  /** Where the client finds its configuration and its token. */
  readonly folder: string;
  /** Takes what happens in the world. */
  readonly tell: (happening: Happening) => void;
  /** Takes the scooter's token and the keys of every login. */
  readonly onSecret: (secret: Buffer) => void;
  readonly btsnoop?: (bytes: Buffer) => void;
  readonly mutation?: Mutation;
}

/** What was played. */
export interface Play {
  /** What the scenario tells the client, and what it is judged by. */
  readonly config: Config;
  readonly endMs: number;
  readonly leftAlive: number;
  /** Undefined where there is no token. */
  readonly tokenFileMode: number | undefined;
}

const TOKEN_BYTES = 12;
/** Of a file's mode: who may read, write and execute it. */
const PERMISSION_BITS = 0o777;
/** Both are what every scenario's client is told. */
const MAC = 'c8f09e000001';
const TOPIC = 'vehicle/1/realtime';
/** A client that does not stop in this time never will. */
const STOP_LIMIT_MS = 120_000;
/** The libraries let their own timers run out. */
const AFTERMATH_MS = 5_000;

/** Builds the world of a scenario, plays it, and takes it down again. */
export async function play(scenario: Scenario, options: PlayOptions): Promise<Play> {
  const { seed, clock, folder, mutation = {} } = options;
  const endMs = clock.now() + scenario.durationMs;
  const configPath = join(folder, 'martinete.toml');
  writeFileSync(configPath, stringify(tomlOf(scenario.client)));
  const config = loadConfig(configPath);
  if (mutation.client) writeFileSync(configPath, stringify(tomlOf(scenario.client, mutation.client)));
  const token = seededRandom(forkSeed(seed, 'token')).bytes(TOKEN_BYTES);
  if (scenario.scooter.paired) writeToken(config.scooter.tokenFilePath, token, { overwrite: true });

  options.onSecret(token);
  const tell = (happening: Happening): void => {
    options.tell(happening);
    if (happening.type === 'link.up') options.tell(census(stage));
  };
  const { model, percent, odometerM, on, returnDelayMs } = scenario.scooter;
  const world = await clock.until(
    World.start({
      seed,
      config,
      gps: config.serial?.protocol === 'sim7600' ? 'sim7600' : 'nmea',
      ...(scenario.scooter.paired && { token }),
      ride: { model: MODELS[model as ModelId], startPercent: percent, startOdometerM: odometerM },
      returnDelayMs,
      isScooterOn: on,
      onScooterEvent: (event) => {
        if (event.type !== 'loggedIn') return;
        options.onSecret(event.keys.app.key);
        options.onSecret(event.keys.device.key);
      },
      tell,
      out: { write: (text) => said(text, folder, tell) },
      log: { write: (text) => said(text, folder, tell) },
    }),
  );
  const heard = withCapture(world.edges, options.btsnoop);
  const edges = mutation.edges?.(heard, () => stage) ?? heard;
  const service = new Service({
    tell,
    start: (onEnd) =>
      new ClientProcess({
        main,
        args: ['run', '--config', configPath],
        edges,
        cleanUp: (owner, { how }) => {
          if (how === 'exit') tell(census(stage));
          owner.end();
          clock.clearAllOf(owner);
          world.leftBy(owner, how === 'power cut');
        },
        onEnd,
      }),
  });
  const stage: Stage = {
    clock,
    service,
    air: world.air,
    scooterController: world.scooterController,
    scooter: world.scooter,
    switchOn: () => world.switchOn(),
    switchOff: () => world.switchOff(),
    adapter: world.adapter,
    gps: world.gps,
    serial: world.serial,
    broker: world.broker,
    disk: world.disk,
  };
  const crash = (error: unknown): void => service.process?.crash(error);
  process.on('uncaughtException', crash).on('unhandledRejection', crash);
  try {
    service.start();
    const endScript = runScript(scenario, { stage, seed, tell });
    await clock.advance(endMs - clock.now());
    endScript();
    await clock.until(service.stop(), STOP_LIMIT_MS);
    await clock.until(world.close(), STOP_LIMIT_MS);
    await clock.advance(AFTERMATH_MS);
  } finally {
    process.off('uncaughtException', crash).off('unhandledRejection', crash);
  }
  const tokenFileMode = permissionsOf(config.scooter.tokenFilePath);
  return { config, endMs, leftAlive: clock.pending(), tokenFileMode };
}

function permissionsOf(path: string): number | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? stat.mode & PERMISSION_BITS : undefined;
}

/** Hands what passes between the client and its adapter to `write`, in one btsnoop file over all its lives. */
function withCapture(edges: Platform, write: ((bytes: Buffer) => void) | undefined): Platform {
  if (!write) return edges;
  const adapters = new Map<string, Adapter>();
  return {
    ...edges,
    adapter: (name) => {
      const adapter = adapters.get(name) ?? captured(edges.adapter(name), write);
      adapters.set(name, adapter);
      return adapter;
    },
  };
}

/** The client's configuration, as a file has it. */
function tomlOf(...told: readonly Overrides[]): Record<string, Record<string, unknown>> {
  const sections: Record<string, Record<string, unknown>> = {
    mqtt: { broker: 'tcp://127.0.0.1:1883', topic: TOPIC },
    scooter: { mac: MAC, adapter: VIRTUAL_ADAPTER },
    serial: { serial_port: '/dev/ttyUSB2' },
    log: { format: 'json' },
  };
  for (const overrides of told) {
    for (const [name, keys] of Object.entries(overrides)) sections[name] = { ...sections[name], ...keys };
  }
  return sections;
}
