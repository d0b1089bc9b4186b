import { Controller } from '../../world/radio/controller.ts';
import type { Device } from '../../world/radio/device.ts';
import type { Radio } from '../../world/radio/radio.ts';
import { STATUS } from '../../world/radio/status.ts';
import type { Simulation } from '../../world/simulation.ts';

/** Address of a device that connects to the scooter, such as a phone. */
const IDENTITY = { address: 'd4:6a:6a:00:00:02', type: 'random' } as const;
/** Its connection parameters: interval 30 ms, supervision timeout 5 s. */
const PARAMETERS = { interval: 24, latency: 0, supervisionTimeout: 500 };

/** Another device that connects to the scooter as soon as it is free, and stays connected. */
export class OtherDevice extends Controller {
  readonly #scooter: Controller;
  #onAdvertised: (() => void) | undefined;

  constructor({ air, scooterController }: Pick<Simulation, 'air' | 'scooterController'>) {
    super(air, { identity: IDENTITY });
    this.#scooter = scooterController;
  }

  /** Connects once the scooter advertises. */
  connect(): void {
    this.initiate(this.#scooter.identity, PARAMETERS);
  }

  /** Disconnects. @returns whether it was connected. */
  disconnect(): boolean {
    const links = this.air.links.filter(({ central }) => central === (this as Radio));
    for (const link of links) link.terminate(this, STATUS.remoteUserTerminated);
    return links.length > 0;
  }

  /** Calls `onAdvertised` with the next advertisement of the scooter. */
  listen(onAdvertised: () => void): void {
    this.#onAdvertised = onAdvertised;
    this.scan(true, false);
  }

  override receiveAdvertisement(from: Device): void {
    super.receiveAdvertisement(from);
    if (from !== this.#scooter || !this.#onAdvertised) return;
    const onAdvertised = this.#onAdvertised;
    this.#stopListening();
    onAdvertised();
  }

  /** Disconnects, and leaves the air when that has got through. */
  leave(): void {
    this.#stopListening();
    this.disconnect();
    this.cancelInitiation();
    setTimeout(() => this.air.remove(this), PARAMETERS.supervisionTimeout);
  }

  #stopListening(): void {
    if (!this.#onAdvertised) return;
    this.#onAdvertised = undefined;
    this.scan(false, false);
  }
}
