import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'smol-toml';
import { main } from '../../../client/cli.ts';
import { loadConfig } from '../../../client/config/load.ts';
import type { Config, Overrides } from '../../../client/config/schema.ts';
import type { Platform } from '../../../client/platform.ts';
import { writePendingToken, writeToken } from '../../../client/token-file.ts';
import { hasLogin } from '../../../simulator/models/models.ts';
import type { Adapter } from '../../../hci/adapter.ts';
import { captureAdapter } from '../../../hci/capture.ts';
import type { Clock } from '../../world/clock/clock.ts';
import { damageRow } from '../../world/disk/store-damage.ts';
import { FileWatch, type WrittenFile } from '../../world/disk/file-watch.ts';
import type { EventContent } from '../../world/trace/event.ts';
import { watchListeners } from '../../world/systemd/listener-watch.ts';
import { isClientWarning } from '../../world/systemd/process-warning.ts';
import { countResources } from '../../world/systemd/resource-count.ts';
import { currentOwner, type Owner } from '../../world/clock/timer-owner.ts';
import { maxCallbacks } from '../../world/systemd/callback-counter.ts';
import { ClientProcess, type ProcessEnd } from '../../world/systemd/client-process.ts';
import { deriveSeed, seededRandom } from '../../world/random.ts';
import { Service } from '../../world/systemd/service.ts';
import type { Simulation } from '../../world/simulation.ts';
import { World } from '../../world/world.ts';
import { brokerLogin, brokerSecrets, configToml, loginSource, MAC } from './client-config.ts';
import { recordLogLines } from './log-lines.ts';
import { damageToken } from './damaged-token.ts';
import type { Scenario } from '../format/scenario.ts';
import { MomentCounter } from './moment-counter.ts';
import { receiverAtStart, serialPreset } from './receiver-at-start.ts';
import { Registration } from './registration.ts';
import { brokerLimits, isOnAtStart, pairingAtStart, rideOptions, routeAtStart } from './starting-state.ts';
import { runScript } from './script.ts';
import { WallClock } from './wall-clock.ts';

/** Replaces a part of the client or of its configuration, to test the guarantees. */
export interface Mutation {
  /** Replaces the client's platform. */
  readonly platform?: (platform: Platform, simulation: () => Simulation) => Platform;
  /** Configuration of the client in addition to that of the scenario. The guarantees do not know it. */
  readonly client?: Overrides;
}

export interface PlayOptions {
  readonly seed: number;
  readonly clock: Clock;
  /** Folder of the client's configuration and token. */
  readonly folder: string;
  /** Called with every event in the world. */
  readonly record: (event: EventContent) => void;
  /** Called with the scooter's token and the keys of every login. */
  readonly onSecret: (secret: Buffer) => void;
  readonly btsnoop?: (bytes: Buffer) => void;
  readonly mutation?: Mutation;
}

/** Result of a played scenario. */
export interface Play {
  /** Configuration that the guarantees assume. */
  readonly config: Config;
  /** End of the scenario, or of the run of a client that runs in a loop. */
  readonly endMs: number;
  readonly pendingTimers: number;
  /** Permissions of the token file; undefined if there is none. */
  readonly tokenFileMode: number | undefined;
  /** What the client has written into its folder. */
  readonly writtenFiles: readonly WrittenFile[];
  /** Stacks of uncaught errors, by the number of the client's process. They are not in the trace: they name local paths. */
  readonly crashStacks: ReadonlyMap<number, string>;
  /** Stacks of the warnings in the trace, in the same order. */
  readonly warningStacks: readonly string[];
}

const TOKEN_BYTES = 12;
/** Permission bits of a file mode. */
const PERMISSION_BITS = 0o777;
/** The configuration has a password. */
const CONFIG_FILE_MODE = 0o600;
/** Preset if the generation of the scooter has no login: without a token, the client would not start. */
const WITHOUT_LOGIN: Overrides = { scooter: { authentication: 'optional' } };
/** Limit for the shutdown of the client. */
const STOP_TIMEOUT_MS = 120_000;
/** Time for timers of the libraries to expire. */
const LIBRARY_SETTLE_MS = 5_000;

/** Builds the world of a scenario, plays the scenario, and shuts everything down. */
export async function play(scenario: Scenario, options: PlayOptions): Promise<Play> {
  const { seed, clock, folder, mutation = {} } = options;
  const plannedEndMs = clock.now() + scenario.durationMs;
  const configPath = join(folder, 'martinete.toml');
  const { advertisingDelayMs, autoOffMs, quirks } = scenario.scooter;
  const ride = rideOptions(scenario.scooter);
  const login = loginSource(seed, scenario.broker.login);
  if (login.file) writeFileSync(join(folder, login.file[0]), login.file[1], { mode: CONFIG_FILE_MODE });
  const presets: Overrides = {
    ...(!hasLogin(ride.model) && WITHOUT_LOGIN),
    serial: serialPreset(scenario.gps),
    ...login.config,
  };
  const writeConfig = (...further: readonly Overrides[]): void =>
    writeFileSync(configPath, stringify(configToml(seed, presets, scenario.client, ...further)), {
      mode: CONFIG_FILE_MODE,
    });
  writeConfig();
  const config = loadConfig(configPath);
  if (mutation.client) writeConfig(mutation.client);
  const token = seededRandom(deriveSeed(seed, 'token')).bytes(TOKEN_BYTES);
  const pairing = pairingAtStart(scenario.scooter, token);
  if (pairing.token) writeToken(config.scooter.tokenFilePath, token, { overwrite: true });

  options.onSecret(token);
  for (const secret of brokerSecrets(seed)) options.onSecret(secret);
  const moments = new MomentCounter(config.mqtt.topic);
  const hasMoments = scenario.steps.some(({ trigger }) => trigger);
  const record = (event: EventContent): void => {
    options.record(event);
    if (hasMoments) moments.onEvent(event);
    if (event.type === 'link.up') options.record(countResources(simulation, listeners));
  };
  const onPacket = (bytes: Buffer): void => {
    options.btsnoop?.(bytes);
    moments.onPacket(bytes);
  };
  const registration = new Registration();
  const wallClock = new WallClock(clock, scenario.clock, record);
  const world = await clock.until(
    World.start({
      seed,
      config,
      ...receiverAtStart(scenario.gps, config.serial, wallClock.trueTime),
      ...brokerLimits(scenario.broker),
      brokerLogin: brokerLogin(seed),
      env: login.env,
      neighbours: scenario.air.neighbours,
      ...pairing,
      ...(scenario.radio && { radio: scenario.radio }),
      ride: {
        ...ride,
        ...routeAtStart(scenario.scooter, seed),
      },
      advertisingDelayMs,
      ...(autoOffMs !== undefined && { autoOffMs }),
      ...(quirks && { quirks }),
      isScooterOn: isOnAtStart(scenario.scooter),
      onScooterEvent: (event) => {
        registration.onScooterEvent(event);
        if (event.type === 'tokenDerived') options.onSecret(event.token);
        if (event.type !== 'loggedIn') return;
        options.onSecret(event.keys.app.key);
        options.onSecret(event.keys.device.key);
      },
      record,
      out: { write: (text) => recordLogLines(text, folder, record) },
      log: { write: (text) => recordLogLines(text, folder, record) },
    }),
  );
  wallClock.start(world.clock);
  const captured = withCapture(world.platform, hasMoments || options.btsnoop ? onPacket : undefined);
  const platform = mutation.platform?.(captured, () => simulation) ?? captured;
  const run = { isOver: false };
  const callbackLimit = maxCallbacks({ ...config.mqtt, neighbours: scenario.air.neighbours });
  const callbacks = {
    max: callbackLimit,
    onExceeded: (overMs: number): void => {
      record({ type: 'client.looped', callbacks: callbackLimit + 1, overMs });
      run.isOver = true;
    },
  };
  const crashStacks = new Map<number, string>();
  const cleanUp = (owner: Owner, how: ProcessEnd['how']): void => {
    owner.end();
    clock.clearTimersOf(owner);
    world.processEnded(owner, how === 'power cut');
  };
  const service = new Service({
    record,
    onStop: () => moments.onStop(),
    start: (onEnd) => {
      // A damaged store may have ended the last process.
      world.disk.powerOn();
      return new ClientProcess({
        main,
        args: ['run', '--config', configPath],
        platform,
        callbacks,
        cleanUp: (owner, { how }) => {
          if (how === 'exit') record(countResources(simulation, listeners));
          cleanUp(owner, how);
        },
        onEnd,
        onCrash: (error) =>
          crashStacks.set(service.starts, error instanceof Error ? String(error.stack) : String(error)),
      });
    },
  });
  /** @param isAlone whether the client is stopped, so that all that a process leaves open is that of the command */
  const startCommand = (args: readonly string[], isAlone: boolean): ClientProcess => {
    const command = args[0] ?? '';
    record({ type: 'command.started', command });
    return new ClientProcess({
      main,
      args: [...args, '--config', configPath],
      platform,
      callbacks,
      cleanUp: (owner, { how }) => {
        if (isAlone) {
          cleanUp(owner, how);
          return;
        }
        owner.end();
        clock.clearTimersOf(owner);
      },
      onEnd: (end) => {
        record({ type: 'command.ended', command, ...end });
        if (end.how === 'crashed') record({ type: 'client.ended', life: service.starts, ...end });
      },
    });
  };
  const simulation: Simulation = {
    clock: {
      ...clock,
      stepWallClock: (byMs) => wallClock.step(byMs),
    },
    service,
    air: world.air,
    scooterController: world.scooterController,
    scooter: world.scooter,
    switchOn: () => world.switchOn(),
    switchOff: () => world.switchOff(),
    startImpostor: () => world.startImpostor(),
    replaceToken: (replacement) => {
      options.onSecret(replacement);
      writeToken(config.scooter.tokenFilePath, replacement, { overwrite: true });
    },
    storePendingToken: (pending) => {
      options.onSecret(pending);
      writePendingToken(config.scooter.tokenFilePath, pending);
    },
    damageToken: (how) => damageToken(config.scooter.tokenFilePath, how),
    configure: (changes) => {
      writeConfig(mutation.client ?? {}, changes);
      const { maxCount, maxBytes, maxAgeMs, whenFull } = loadConfig(configPath).outbox;
      record({ type: 'client.configured', outbox: { maxCount, maxBytes, maxAgeMs, whenFull } });
    },
    register: (fromBeep) =>
      registration.begin({
        service,
        scooter: world.scooter,
        fromBeep,
        startCommand: () => startCommand(['register', MAC, '--overwrite'], true),
      }),
    pause: (ms) => void startCommand(['pause', `${ms / 1_000}s`], false),
    adapter: world.adapter,
    gps: world.gps,
    serial: world.serial,
    broker: world.broker,
    disk: world.disk,
    damageRow: (damage, unit) =>
      world.disk.edit((content) => {
        const lost = damageRow(content, damage, unit);
        if (lost) record({ type: 'sample.damaged', bootId: lost.bootId, seq: lost.seq });
      }),
    pauseFiles: world.pauseFiles,
    clockSource: world.clock,
  };
  world.disk.onCrash = () => service.process?.kill('killed');
  const crash = (error: unknown): void => service.process?.crash(error);
  const listeners = watchListeners();
  const warningStacks: string[] = [];
  const warn = (warning: Error): void => {
    if (!currentOwner() || !isClientWarning(warning)) return;
    warningStacks.push(String(warning.stack));
    record({ type: 'warning', name: warning.name, message: warning.message });
  };
  let endMs = plannedEndMs;
  const files = new FileWatch(folder, () => clock.now());
  process.on('uncaughtException', crash).on('unhandledRejection', crash).on('warning', warn);
  try {
    service.start();
    const endScript = runScript(scenario, { simulation, seed, record, moments });
    await clock.advance(plannedEndMs - clock.now(), () => run.isOver);
    if (run.isOver) endMs = clock.now();
    endScript();
    wallClock.stop();
    await clock.until(service.stop(), STOP_TIMEOUT_MS);
    await clock.until(world.close(), STOP_TIMEOUT_MS);
    await clock.advance(LIBRARY_SETTLE_MS);
  } finally {
    process.off('uncaughtException', crash).off('unhandledRejection', crash).off('warning', warn);
    listeners.close();
    files.close();
  }
  const tokenFileMode = permissionsOf(config.scooter.tokenFilePath);
  return {
    config,
    endMs,
    pendingTimers: clock.pendingTimers(),
    tokenFileMode,
    writtenFiles: files.written,
    crashStacks,
    warningStacks,
  };
}

function permissionsOf(path: string): number | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? stat.mode & PERMISSION_BITS : undefined;
}

/** Captures the HCI packets between the client and its adapter in one btsnoop file, across all client processes. */
function withCapture(platform: Platform, write: ((bytes: Buffer) => void) | undefined): Platform {
  if (!write) return platform;
  const adapters = new Map<string, Adapter>();
  return {
    ...platform,
    adapter: (name) => {
      const adapter = adapters.get(name) ?? captureAdapter(platform.adapter(name), write);
      adapters.set(name, adapter);
      return adapter;
    },
  };
}
