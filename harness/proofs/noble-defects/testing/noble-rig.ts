import type { Config } from '../../../../client/config/schema.ts';
import type { Platform } from '../../../../client/platform.ts';
import { STATUS } from '../../../world/radio/status.ts';
import { TestRide, TOKEN, type RideConfig } from '../../rides/testing/test-ride.ts';
import { findViolations } from './violations.ts';
import { HciTap } from './hci-tap.ts';

/** Time from a disconnect until the scooter advertises again. */
const RETURN_DELAY_MS = 1_000;
/** Maximum time between two advertisements of a scooter in range. */
const ADVERTISEMENT_MS = 1_000;
/** Resolution of waits. */
const STEP_MS = 10;

/** Deadlines of the client that follow from its configuration. */
export interface Bounds {
  /** For one request on a link: the response may follow a radio gap of almost the supervision timeout. */
  readonly stepMs: number;
  /** From the end of a link to the next link, if the scooter is in range and the link before was polled. */
  readonly reconnectMs: number;
  /** From the end of a link to the next sample. */
  readonly recoveryMs: number;
}

/**
 * Runs the complete client in a virtual world, with a tap between noble and the controller. `setUp` and `close` it for
 * each test.
 */
export class NobleRig {
  tap = new HciTap();
  #ride: TestRide | undefined;
  #config: Config | undefined;
  #run: Promise<number> | undefined;

  get ride(): TestRide {
    return defined(this.#ride);
  }

  get config(): Config {
    return defined(this.#config);
  }

  get bounds(): Bounds {
    const { supervisionTimeoutMs, requestTimeoutMs, connectTimeoutMs, retryMinMs } = this.config.scooter;
    const stepMs = supervisionTimeoutMs + requestTimeoutMs;
    // The pause doubles with each attempt. A scooter in range is connected at its next advertisement.
    const reconnectMs = Math.max(RETURN_DELAY_MS, 2 * retryMinMs) + ADVERTISEMENT_MS;
    // Connection, login and poll each have a deadline.
    return { stepMs, reconnectMs, recoveryMs: reconnectMs + connectTimeoutMs + 2 * stepMs };
  }

  /** Starts the world. @param config additional lines of sections of the configuration */
  async setUp(config: RideConfig = {}): Promise<void> {
    const ride = new TestRide();
    this.#ride = ride;
    this.tap = new HciTap();
    ride.configure(config);
    await ride.start({ token: TOKEN });
    const { loadConfig } = await import('../../../../client/config/load.ts');
    this.#config = loadConfig(ride.configPath);
    const { platform } = ride.world;
    const { adapter } = platform;
    const tapped: Platform['adapter'] = (...name) => this.tap.on(adapter(...name));
    Object.assign(platform, { adapter: tapped });
  }

  /** @throws Error if the client has violated a rule for the adapter, described in `violations.ts` */
  async close(): Promise<void> {
    const violations = this.tap.packetsBySocket.flatMap(findViolations);
    const ride = this.#ride;
    this.#ride = this.#config = this.#run = undefined;
    await ride?.close();
    if (violations.length > 0) throw new Error(violations.join('\n'));
  }

  startClient(): void {
    this.#run = this.ride.command('run');
  }

  /** Starts the client, and waits for its first sample. */
  async startPolling(): Promise<void> {
    this.startClient();
    await this.nextSample();
  }

  /** Advances the time until `condition` holds; returns how long that took, in milliseconds. */
  async until(condition: () => boolean, limitMs = 120_000): Promise<number> {
    const { clock } = this.ride;
    const beganMs = clock.now();
    while (!condition() && clock.now() < beganMs + limitMs) await clock.advance(STEP_MS);
    if (!condition())
      throw new Error(`no progress in ${limitMs / 1000} s of virtual time\n${this.ride.output}`);
    return clock.now() - beganMs;
  }

  /** Waits for the next sample at the broker; returns how long that took, in milliseconds. */
  async nextSample(limitMs?: number): Promise<number> {
    const { payloads } = this.ride;
    const before = payloads.length;
    return await this.until(() => payloads.length > before, limitMs);
  }

  /** Waits until the client ends by itself; returns its exit code, and how long that took. */
  async waitForExit(limitMs = 120_000): Promise<{ code: number; tookMs: number }> {
    const { clock } = this.ride;
    const beganMs = clock.now();
    const code = await clock.until(this.#exitCode(), limitMs);
    return { code, tookMs: clock.now() - beganMs };
  }

  /** Stops the client. @throws Error unless its exit code is 0 */
  async stopClient(): Promise<void> {
    this.ride.stop();
    const code = await this.ride.clock.until(this.#exitCode());
    if (code !== 0) throw new Error(`The client ended with ${code}\n${this.ride.output}`);
  }

  /** Makes the scooter disconnect. */
  disconnect(): void {
    const { air, scooterController } = this.ride.world;
    for (const link of air.links) link.terminate(scooterController, STATUS.remoteUserTerminated);
  }

  /** Number of connections that the scooter has had. */
  get linkCount(): number {
    return this.ride.countEvents('connected');
  }

  #exitCode(): Promise<number> {
    return defined(this.#run);
  }
}

function defined<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the rig was not set up, or its client not started');
  return value;
}
