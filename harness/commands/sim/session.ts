import { LibraryLog } from '../../../client/ble/library-log.ts';
import { createLogger } from '../../../client/log.ts';
import { onProcessWarning } from '../../../client/process-warnings.ts';
import { systemRandom } from '../../../client/random.ts';
import { untilCalled, pause } from '../../../client/wait.ts';
import { AdapterError, parseAdapter, type Adapter } from '../../../hci/adapter.ts';
import { ENDPOINTS } from '../../../hci/endpoint.ts';
import { captureAdapter } from '../../../hci/capture.ts';
import { VirtualGps } from '../../../simulator/gps/receiver.ts';
import { Ride } from '../../../simulator/ride/ride.ts';
import { QUIRKS } from '../../../simulator/firmware/named-quirks.ts';
import { VirtualScooter } from '../../../simulator/scooter.ts';
import type { ActivityLog } from '../demo/activity-log.ts';
import { Rider } from '../../world/scooter/rider.ts';
import { ScooterMemory } from '../../world/scooter/scooter-memory.ts';
import { VIRTUAL_ADAPTER } from '../../world/world.ts';
import { BrokerServer } from './broker-server.ts';
import { describeState } from './describe-state.ts';
import { openGpsPort } from './gps-port.ts';
import { AirServer } from './air-server.ts';
import type { SimOptions } from './options.ts';

/** Interval at which a missing adapter is tried again. */
const RETRY_MS = 1_000;

/** A part that has to be closed. */
interface Closable {
  close(): void | Promise<void>;
}

/** A virtual scooter in real time, optionally with a broker and a GPS receiver. */
export class SimSession {
  readonly #options: SimOptions;
  readonly #activity: ActivityLog;
  readonly #parts: Closable[] = [];
  #scooter: VirtualScooter | undefined;
  /** Aborts when the scooter switches itself off or on, or when its button is pressed. */
  #powerChange = new AbortController();
  #isWakeRequested = false;

  private constructor(options: SimOptions, activity: ActivityLog) {
    this.#options = options;
    this.#activity = activity;
  }

  /**
   * Starts everything that `options` request. Resolves once the scooter advertises.
   * @param activity logs addresses and events
   * @throws AdapterError, ListenError or PtyError if a part cannot be started, ClientError if the memory file is invalid.
   *   All parts have been closed by then.
   */
  static async start(options: SimOptions, activity: ActivityLog, signal: AbortSignal): Promise<SimSession> {
    const session = new SimSession(options, activity);
    try {
      const adapter = await session.#openAdapter();
      await session.#startBroker();
      const scooter = await session.#switchOn(adapter, signal);
      await session.#startGps(scooter);
      return session;
    } catch (error) {
      await session.close();
      throw withAlternative(error, options);
    }
  }

  /**
   * Keeps the scooter switched on until `signal` aborts.
   * @throws AdapterError when its adapter fails, unless that is to be waited for; the reason of `signal`.
   */
  async run(signal: AbortSignal): Promise<never> {
    for (;;) {
      const scooter = this.#scooter;
      if (!scooter) throw new Error('The scooter was not switched on');
      const failed = scooter.adapterFailed;
      this.#powerChange = new AbortController();
      const changed = this.#powerChange.signal;
      await untilAborted(failed ? AbortSignal.any([failed, changed]) : changed, signal);
      if (!failed?.aborted) {
        if (this.#isWakeRequested && !scooter.isOn) await this.#startScooter(scooter, signal);
        this.#isWakeRequested = false;
        continue;
      }
      const failure = failed.reason as AdapterError;
      scooter.close();
      if (!this.#options.wait) throw failure;
      this.#activity.log('adapter', `${failure.message}; waiting for it`);
      await this.#startScooter(scooter, signal);
    }
  }

  /** Presses the power button, which switches on a scooter that has switched itself off. */
  pressButton(): void {
    this.#activity.log('rider', 'presses the power button');
    this.#scooter?.pressButton();
    this.#isWakeRequested = true;
    this.#powerChange.abort();
  }

  /** Switches the scooter off and on with power button, throttle and brake held, which deletes the pairing. */
  reset(): void {
    this.#activity.log('rider', 'switches the scooter on with power button, throttle and brake held');
    this.#scooter?.close();
    this.#scooter?.resetAtNextStart();
    this.#isWakeRequested = true;
    this.#powerChange.abort();
  }

  /** Closes all parts. */
  async close(): Promise<void> {
    for (const part of this.#parts.splice(0).reverse()) await part.close();
  }

  async #openAdapter(): Promise<Adapter> {
    const { adapter, address, h4 } = this.#options;
    if (h4.length === 0) return parseAdapter(adapter);
    const air = await AirServer.open({ address, h4, log: (line) => this.#activity.log('air', line) });
    this.#parts.push(air);
    for (const name of air.names) this.#activity.log('air', `is open to clients with --adapter ${name}`);
    return air.adapter;
  }

  async #startBroker(): Promise<void> {
    const { broker } = this.#options;
    if (broker === undefined) return;
    const port = await BrokerServer.listen(broker, (source, message) => this.#activity.log(source, message));
    this.#parts.push(port);
    this.#activity.log('broker', `listens at ${port.url}`);
  }

  async #switchOn(adapter: Adapter, signal: AbortSignal): Promise<VirtualScooter> {
    const { address, model, press, ride, routeNotice, holdAtMs, autoOffMs, unpaired } = this.#options;
    if (routeNotice !== undefined) this.#activity.log('route', routeNotice);
    const memory = new ScooterMemory(this.#options.memory);
    const rider = new Rider(() => this.#activity.log('rider', 'presses the power button'));
    const token = unpaired ? undefined : memory.token;
    const log = createLogger({ level: 'info', format: 'json', sink: this.#activity.logOf('library') });
    const libraries = new LibraryLog(log, onProcessWarning);
    this.#parts.push(libraries);
    const scooter = new VirtualScooter({
      adapter: this.#captured(adapter),
      address,
      ride: new Ride({ ...ride, model }),
      random: systemRandom.bytes,
      isNew: unpaired,
      ...(token && { token }),
      ...(holdAtMs !== undefined && { holdAtMs }),
      ...(autoOffMs !== undefined && { autoOffMs }),
      onPower: (isOn) => {
        this.#activity.log(
          'scooter',
          isOn ? 'has restarted' : 'has switched itself off; Enter switches it on again',
        );
        this.#powerChange.abort();
      },
      onLibraryProblem: libraries.onProblem,
      onEvent: (event) => {
        memory.onScooterEvent(event);
        this.#activity.logScooterEvent(event);
        if (press) rider.onScooterEvent(event);
      },
    });
    for (const name of this.#options.quirk) scooter.quirks.add(QUIRKS[name].create(systemRandom.unit, model));
    this.#parts.push(scooter, rider);
    rider.setScooter(scooter);
    this.#scooter = scooter;
    await this.#startScooter(scooter, signal);
    this.#activity.log('scooter', describeState(scooter));
    return scooter;
  }

  /** Starts the scooter; resolves once it advertises. Waits for its adapter if that is requested. */
  async #startScooter(scooter: VirtualScooter, signal: AbortSignal): Promise<void> {
    let problem: string | undefined;
    for (;;) {
      try {
        await scooter.start({ signal });
        break;
      } catch (error) {
        if (!(error instanceof AdapterError) || !this.#options.wait) throw error;
        if (error.message !== problem) this.#activity.log('adapter', `${error.message}; waiting for it`);
        problem = error.message;
      }
      await pause(RETRY_MS, signal);
    }
    const { press, address, isAddressIgnored, holdAtMs } = this.#options;
    const buttonHint = press ? 'the power button is pressed at every beep' : 'Enter presses the power button';
    this.#activity.log('scooter', `${scooter.name} advertises; ${buttonHint}`);
    if (isAddressIgnored) {
      const effect = 'only its name and serial numbers follow from --address';
      this.#activity.log('scooter', `has the address of its controller, not ${address}: ${effect}`);
    }
    if (holdAtMs !== undefined) {
      this.#activity.log('scooter', `keeps the values that it has ${holdAtMs / 1000} s after its start`);
    }
  }

  async #startGps(scooter: VirtualScooter): Promise<void> {
    const { gps } = this.#options;
    if (gps === undefined) return;
    const port = await openGpsPort(gps, (line) => this.#activity.log('gps', line));
    const receiver = new VirtualGps({
      position: () => scooter.position,
      sink: (bytes) => port.send(bytes),
    });
    receiver.start();
    this.#parts.push(port, { close: () => receiver.stop() });
    this.#activity.log('gps', `sends NMEA at ${port.name}`);
  }

  /** Captures the packets of the adapter. A write error ends only the capture. */
  #captured(adapter: Adapter): Adapter {
    const file = this.#options.btsnoop;
    if (!file) return adapter;
    let isWritable = true;
    return captureAdapter(adapter, (bytes) => {
      if (!isWritable) return;
      try {
        file.write(bytes);
      } catch (error) {
        isWritable = false;
        this.#activity.log(
          'capture',
          `${file.path} incomplete: ${error instanceof Error ? error.message : ''}`,
        );
      }
    });
  }
}

/** Adds to the error for a local adapter what works without one. */
function withAlternative(error: unknown, { adapter, h4 }: SimOptions): unknown {
  const isLocal = h4.length === 0 && !ENDPOINTS.some(({ parse }) => parse(adapter));
  if (!(error instanceof AdapterError) || !isLocal) return error;
  return new AdapterError(`${error.message}; without Bluetooth, use --adapter ${VIRTUAL_ADAPTER}`, {
    cause: error,
  });
}

/** Waits until `awaited` aborts. @throws the reason of `stop` */
async function untilAborted(awaited: AbortSignal, stop: AbortSignal): Promise<void> {
  await untilCalled(
    (call) => {
      awaited.addEventListener('abort', call);
      if (awaited.aborted) call();
      return () => awaited.removeEventListener('abort', call);
    },
    [stop],
  );
}
