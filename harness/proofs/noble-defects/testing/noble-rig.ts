import type { Config } from '../../../../client/config/schema.ts';
import type { Platform } from '../../../../client/platform.ts';
import { STATUS } from '../../../world/radio/status.ts';
import { TestRide, TOKEN, type RideConfig } from '../../rides/testing/test-ride.ts';
import { findViolations } from './violations.ts';
import { HciTap } from './hci-tap.ts';

/** As in `World`, unless it is told otherwise. */
const RETURN_DELAY_MS = 1_000;
/** The longest time between two advertisements of a scooter that is there. */
const ADVERTISEMENT_MS = 1_000;
/** How exactly a wait finds its moment. */
const STEP_MS = 10;

/** What a client may take for what it does, from its configuration alone. */
export interface Bounds {
  /** One step inside a link: the radio may be silent for the supervision timeout, and the answer comes after that. */
  readonly stepMs: number;
  /** From the end of a link to the next one, where the last but one was polled and the scooter is in reach. */
  readonly reconnectMs: number;
  /** From there to telemetry on it. */
  readonly recoveryMs: number;
}

/** The complete client on its way, with a tap below noble. */
export class NobleRig {
  readonly ride = new TestRide();
  readonly tap = new HciTap();
  #config: Config | undefined;
  #run: Promise<number> | undefined;

  get config(): Config {
    if (!this.#config) throw new Error('not begun yet');
    return this.#config;
  }

  get bounds(): Bounds {
    const { supervisionTimeoutMs, requestTimeoutMs, connectTimeoutMs, retryMinMs } = this.config.scooter;
    const stepMs = supervisionTimeoutMs + requestTimeoutMs;
    // The pause doubles with each attempt. A scooter that is there is connected to with its next advertisement.
    const reconnectMs = Math.max(RETURN_DELAY_MS, 2 * retryMinMs) + ADVERTISEMENT_MS;
    // Connection, login and poll have a deadline each.
    return { stepMs, reconnectMs, recoveryMs: reconnectMs + connectTimeoutMs + 2 * stepMs };
  }

  /** Builds the world, and the configuration with more keys of its sections in TOML. */
  async setUp(config: RideConfig = {}): Promise<void> {
    this.ride.configure(config);
    await this.ride.start({ token: TOKEN });
    const { loadConfig } = await import('../../../../client/config/load.ts');
    this.#config = loadConfig(this.ride.configPath);
    const { platform } = this.ride.world;
    const { adapter } = platform;
    const tapped: Platform['adapter'] = (...name) => this.tap.on(adapter(...name));
    Object.assign(platform, { adapter: tapped });
  }

  /** Starts the client. */
  startClient(): void {
    this.#run = this.ride.command('run');
  }

  /** Starts the client, and returns with its first sample. */
  async startPolling(): Promise<void> {
    this.startClient();
    await this.nextSample();
  }

  /** Lets time pass until it is so; returns how long that took, in milliseconds. */
  async until(isSo: () => boolean, limitMs = 120_000): Promise<number> {
    const { clock } = this.ride;
    const beganMs = clock.now();
    while (!isSo() && clock.now() < beganMs + limitMs) await clock.advance(STEP_MS);
    if (!isSo()) throw new Error(`Nothing came of it in ${limitMs / 1000} s\n${this.ride.output}`);
    return clock.now() - beganMs;
  }

  /** Waits for the next sample at the broker; returns how long that took, in milliseconds. */
  async nextSample(limitMs?: number): Promise<number> {
    const { payloads } = this.ride;
    const before = payloads.length;
    return await this.until(() => payloads.length > before, limitMs);
  }

  /** Waits until the client ends by itself; its exit code, and how long that took. */
  async waitForExit(limitMs = 120_000): Promise<{ code: number; tookMs: number }> {
    const { clock } = this.ride;
    const beganMs = clock.now();
    const code = await clock.until(this.#exitCode(), limitMs);
    return { code, tookMs: clock.now() - beganMs };
  }

  /** Stops the client, which has to be alive and well. */
  async stopClient(): Promise<void> {
    this.ride.stop();
    const code = await this.ride.clock.until(this.#exitCode());
    if (code !== 0) throw new Error(`The client ended with ${code}\n${this.ride.output}`);
  }

  /** The scooter hangs up. */
  disconnect(): void {
    const { air, scooterController } = this.ride.world;
    for (const link of air.links) link.terminate(scooterController, STATUS.remoteUserTerminated);
  }

  /** Connections that the scooter had. */
  get linkCount(): number {
    return this.ride.countEvents('connected');
  }

  /** What the client should never have done to its adapter. */
  get violations(): string[] {
    return this.tap.packetsBySocket.flatMap(findViolations);
  }

  #exitCode(): Promise<number> {
    if (!this.#run) throw new Error('not started yet');
    return this.#run;
  }
}
