import { NORDIC_UART, normalizeUuid, XIAOMI } from '../../../protocol/gatt.ts';
import type { Channel } from '../../../simulator/firmware/channel.ts';
import { keystreamOf } from '../../../simulator/firmware/keystream.ts';
import type { Quirk } from '../../../simulator/firmware/quirks.ts';
import type { ScooterModel } from '../../../simulator/models/model.ts';
import { Ride } from '../../../simulator/ride/ride.ts';
import { VirtualScooter } from '../../../simulator/scooter.ts';
import { FakeController, GattClient } from '../../../simulator/testing/fake-controller.ts';
import type { Clock } from '../../world/clock/clock.ts';
import type { ScooterPort } from './attack.ts';
import { ScooterMonitor } from './monitor.ts';

export interface BlenoPortOptions {
  readonly model: ScooterModel;
  readonly token: Buffer | undefined;
  readonly quirks: readonly Quirk[];
  readonly random: (count: number) => Buffer;
  readonly clock: Clock;
}

/** Its last three bytes are the number of the unit. */
const ADDRESS = 'c8:f0:9e:00:00:01';
const UNIT = 1;
/** Longer than a scooter waits after a connection until it advertises again. */
const RETURN_MS = 1_100;
/** Longer than a scooter needs to restart, and to advertise again. */
const RESTART_MS = 6_000;

/** Characteristics of each channel, as an app writes them and subscribes to them. */
const CHARACTERISTICS: Readonly<Record<Channel, { readonly write: string; readonly notify: string }>> = {
  upnp: { write: XIAOMI.upnp, notify: XIAOMI.upnp },
  avdtp: { write: XIAOMI.avdtp, notify: XIAOMI.avdtp },
  uart: NORDIC_UART,
};

/** The whole virtual scooter behind bleno, in virtual time. */
export class BlenoPort implements ScooterPort {
  readonly generation: ScooterPort['generation'];
  readonly keystream: Buffer = keystreamOf(UNIT);
  readonly monitor: ScooterMonitor;
  isConnected = false;
  /** Number of replies to register requests. */
  replies = 0;
  readonly #clock: Clock;
  readonly #controller = new FakeController();
  readonly #scooter: VirtualScooter;
  #client = new GattClient(this.#controller);

  constructor({ model, token, quirks, random, clock }: BlenoPortOptions) {
    this.generation = model.generation;
    this.#clock = clock;
    this.#scooter = new VirtualScooter({
      adapter: this.#controller.adapter,
      address: ADDRESS,
      ride: new Ride({ model }),
      generation: model.generation,
      random,
      ...(token && { token }),
      onPower: (isOn) => {
        if (!isOn) this.#gone();
      },
      onEvent: (event) => {
        if (event.type === 'replied') this.replies += 1;
        this.monitor.onEvent(event);
      },
      onNotify: (channel, bytes) => this.monitor.onNotify(channel, bytes),
    });
    for (const quirk of quirks) this.#scooter.quirks.add(quirk);
    const { keystream } = this;
    this.monitor = new ScooterMonitor({
      model,
      keystream,
      token,
      quirks: this.#scooter.quirks,
      memory: undefined,
    });
  }

  get nowMs(): number {
    return this.#clock.now();
  }

  get token(): Buffer | undefined {
    return this.#scooter.token;
  }

  /** Ends all quirks. */
  clearQuirks(): void {
    this.#scooter.quirks.clear();
  }

  async start(): Promise<void> {
    const started = this.#scooter.start();
    this.#controller.deliverAll();
    await this.#clock.until(started);
  }

  write(channel: Channel, bytes: Buffer): void {
    const { write } = CHARACTERISTICS[channel];
    if (this.#client.characteristics.has(normalizeUuid(write))) this.#client.command(write, bytes);
  }

  takeNotification(channel: Channel): Buffer | undefined {
    const { notify } = CHARACTERISTICS[channel];
    return this.isConnected && this.#client.characteristics.has(normalizeUuid(notify))
      ? this.#client.takeNotification(notify)
      : undefined;
  }

  async advance(ms: number): Promise<void> {
    await this.#clock.advance(ms);
    this.#controller.deliverAll();
  }

  async connect(): Promise<void> {
    if (!this.#controller.isAdvertising) await this.advance(RETURN_MS);
    if (!this.#controller.isAdvertising) return;
    this.#client = new GattClient(this.#controller);
    this.#client.connect();
    this.isConnected = true;
    for (const { notify } of Object.values(CHARACTERISTICS))
      if (this.#client.characteristics.has(normalizeUuid(notify))) this.#client.subscribe(notify);
  }

  disconnect(): void {
    this.isConnected = false;
    this.#client.disconnect();
  }

  press(): void {
    this.#scooter.pressButton();
  }

  async restart(resets: boolean): Promise<void> {
    this.#scooter.close();
    this.#gone();
    if (resets) this.#scooter.resetAtNextStart();
    await this.start();
    await this.connect();
  }

  /** Waits until it advertises, also after a restart of its own; switches it on if it has switched itself off. */
  async awaitAdvertising(): Promise<void> {
    await this.advance(RESTART_MS);
    if (!this.#scooter.isOn) await this.start();
  }

  close(): void {
    this.#scooter.close();
  }

  /** The scooter is switched off, which it does not tell an app. */
  #gone(): void {
    this.isConnected = false;
    this.monitor.disconnected();
  }
}
