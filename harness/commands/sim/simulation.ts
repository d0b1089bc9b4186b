import { systemRandom } from '../../../client/random.ts';
import { parseAdapter, type Adapter } from '../../../hci/adapter.ts';
import { captureAdapter } from '../../../hci/capture.ts';
import { VirtualGps } from '../../../simulator/gps/receiver.ts';
import { MODELS } from '../../../simulator/ride/models.ts';
import { Ride } from '../../../simulator/ride/ride.ts';
import { VirtualScooter } from '../../../simulator/scooter.ts';
import type { Story } from '../demo/story.ts';
import { Rider } from '../../world/scooter/rider.ts';
import { ScooterMemory } from '../../world/scooter/scooter-memory.ts';
import { BrokerPort } from './broker-port.ts';
import { openGpsPort } from './gps-port.ts';
import { OpenAir } from './open-air.ts';
import type { SimOptions } from './options.ts';

/** Something to be ended. */
interface Part {
  close(): void | Promise<void>;
}

/** A virtual scooter in real time, and what its clients may want around it. */
export class Simulation {
  readonly #options: SimOptions;
  readonly #story: Story;
  readonly #parts: Part[] = [];
  #scooter: VirtualScooter | undefined;

  private constructor(options: SimOptions, story: Story) {
    this.#options = options;
    this.#story = story;
  }

  /**
   * Starts all that `options` ask for, and returns once the scooter can be found.
   * @param story hears where everything is, and then what happens.
   * @throws AdapterError, ListenError or PtyError for what cannot be had, ClientError for a memory that cannot be read;
   *   nothing is left running then.
   */
  static async start(options: SimOptions, story: Story, signal?: AbortSignal): Promise<Simulation> {
    const simulation = new Simulation(options, story);
    try {
      const adapter = await simulation.#openAdapter();
      await simulation.#startBroker();
      const scooter = await simulation.#switchOn(adapter, signal);
      await simulation.#startGps(scooter);
      return simulation;
    } catch (error) {
      await simulation.close();
      throw error;
    }
  }

  pressButton(): void {
    this.#story.tell('rider', 'presses the power button');
    this.#scooter?.pressButton();
  }

  /** Ends everything; nothing of it is left alive. */
  async close(): Promise<void> {
    for (const part of this.#parts.splice(0).reverse()) await part.close();
  }

  async #openAdapter(): Promise<Adapter> {
    const { adapter, address, h4 } = this.#options;
    if (h4.length === 0) return parseAdapter(adapter);
    const air = await OpenAir.open({ address, h4, log: (line) => this.#story.tell('air', line) });
    this.#parts.push(air);
    for (const name of air.names) this.#story.tell('air', `is open to clients with --adapter ${name}`);
    return air.adapter;
  }

  async #startBroker(): Promise<void> {
    const { broker } = this.#options;
    if (broker === undefined) return;
    const port = await BrokerPort.listen(broker, (who, what) => this.#story.tell(who, what));
    this.#parts.push(port);
    this.#story.tell('broker', `listens at ${port.url}`);
  }

  async #switchOn(adapter: Adapter, signal: AbortSignal | undefined): Promise<VirtualScooter> {
    const { address, model, press } = this.#options;
    const memory = new ScooterMemory(this.#options.memory);
    const rider = new Rider(() => this.#story.tell('rider', 'presses the power button'));
    const { token } = memory;
    const scooter = new VirtualScooter({
      adapter: this.#captured(adapter),
      address,
      ride: new Ride({ model: MODELS[model] }),
      random: systemRandom.bytes,
      ...(token && { token }),
      onEvent: (event) => {
        memory.hear(event);
        this.#story.scooter(event);
        if (press) rider.hear(event);
      },
    });
    this.#parts.push(scooter, rider);
    rider.mount(scooter);
    this.#scooter = scooter;
    await scooter.start(signal && { signal });
    const whom = press
      ? 'its rider presses its power button at every beep'
      : 'Enter presses its power button';
    this.#story.tell('scooter', `${scooter.name} advertises; ${whom}`);
    return scooter;
  }

  async #startGps(scooter: VirtualScooter): Promise<void> {
    const { gps } = this.#options;
    if (gps === undefined) return;
    const port = await openGpsPort(gps, (line) => this.#story.tell('gps', line));
    const receiver = new VirtualGps({
      position: () => scooter.position,
      sink: (bytes) => port.send(bytes),
    });
    receiver.start();
    this.#parts.push(port, { close: () => receiver.stop() });
    this.#story.tell('gps', `speaks NMEA at ${port.name}`);
  }

  /** A full disk ends the capture, and nothing else. */
  #captured(adapter: Adapter): Adapter {
    const file = this.#options.btsnoop;
    if (!file) return adapter;
    let isWhole = true;
    return captureAdapter(adapter, (bytes) => {
      if (!isWhole) return;
      try {
        file.write(bytes);
      } catch (error) {
        isWhole = false;
        this.#story.tell('capture', `${file.path} ends here: ${error instanceof Error ? error.message : ''}`);
      }
    });
  }
}
