import type { AttTap } from './att-tap.ts';
import type { BurstLoss } from './burst-loss.ts';
import type { Device } from './device.ts';
import { Link, type LinkEvent, type LinkMedium } from './link.ts';
import type { ConnectionParameters, ScanTiming } from './parameters.ts';
import type { Radio } from './radio.ts';
import { RADIO_MODELS, type RadioModel } from './radio-model.ts';

/** Units of scan interval and scan window in milliseconds. */
const SCAN_UNIT_MS = 0.625;

/** What the air does to everything that crosses it. */
export interface AirConditions {
  /** Share of radio packets that are lost, 0 to below 1. */
  loss: number;
  /** Loss in bursts, in addition. */
  bursts: BurstLoss | undefined;
  /** Share of advertising packets that collide with those of other devices, 0 to below 1; data have other channels. */
  collisions: number;
  /** Extra delay of data on a link, after the next connection event. */
  delayMs: number;
  /** Data are lost above the link layer: links stay up, but nothing gets through. */
  stalled: boolean;
  /** Connection requests are not answered. */
  refusing: boolean;
}

/** Whether a packet does not get from one radio to another. */
type Block = (from: Radio, to: Radio) => boolean;

/** What an observer of the air sees. */
export type AirEvent =
  | { readonly type: 'scan' | 'advertising'; readonly by: Radio; readonly on: boolean }
  | { readonly type: 'attempt'; readonly by: Radio }
  | LinkEvent;

export interface AirOptions {
  /** Draws a number from 0 (inclusive) to 1 (exclusive), for losses and advertising delays. */
  readonly random: () => number;
  /** Ideal by default. */
  readonly model?: RadioModel;
  readonly onEvent?: (event: AirEvent) => void;
}

/** The air between devices: which of them are in range of each other, and what is lost on the way. */
export class Air implements LinkMedium {
  readonly conditions: AirConditions = {
    loss: 0,
    bursts: undefined,
    collisions: 0,
    delayMs: 0,
    stalled: false,
    refusing: false,
  };
  readonly model: RadioModel;
  /** Applied in order to the attribute protocol of all links. */
  readonly attTaps = new Set<AttTap>();
  readonly random: () => number;
  readonly report: (event: AirEvent) => void;
  readonly #devices = new Set<Device>();
  readonly #links = new Set<Link>();
  readonly #blocks = new Set<Block>();

  constructor({ random, model = RADIO_MODELS.ideal, onEvent = () => undefined }: AirOptions) {
    this.random = random;
    this.model = model;
    this.report = onEvent;
  }

  add(device: Device): void {
    this.#devices.add(device);
  }

  /** Removes a device permanently; its peers notice by supervision. */
  remove(device: Device): void {
    device.reset();
    this.#devices.delete(device);
  }

  /**
   * Blocks all reception by and from a radio, without an event.
   * @returns ends this block; others may still be in force.
   */
  block(radio: Radio): () => void {
    return this.#block((from, to) => from === radio || to === radio);
  }

  /** Likewise, but only what `radio` sends: it still receives others. */
  blockFrom(radio: Radio): () => void {
    return this.#block((from) => from === radio);
  }

  /** The live links, oldest first. */
  get links(): readonly Link[] {
    return [...this.#links];
  }

  /** Whether `to` receives what `from` sends. */
  reaches(from: Radio, to: Radio): boolean {
    for (const isBlocked of this.#blocks) if (isBlocked(from, to)) return false;
    return true;
  }

  /** Draws whether one radio packet is lost. */
  losesPacket(): boolean {
    const { loss, bursts } = this.conditions;
    if (loss > 0 && this.random() < loss) return true;
    return bursts?.losesPacket(performance.now()) === true;
  }

  /** Likewise for a packet on the advertising channels, which the devices nearby share. */
  losesAdvertisingPacket(): boolean {
    const { collisions } = this.conditions;
    return this.losesPacket() || (collisions > 0 && this.random() < collisions);
  }

  /** Whether a scanner or an initiator that has listened since a time receives at this moment. */
  isInWindow({ interval, window }: ScanTiming, sinceMs: number): boolean {
    if (!this.model.usesScanWindows) return true;
    return (performance.now() - sinceMs) % (interval * SCAN_UNIT_MS) < window * SCAN_UNIT_MS;
  }

  /** Devices that receive an advertisement at this moment; the last added is the first to respond. */
  *receiversOf(advertiser: Radio): Generator<Device> {
    for (const device of [...this.#devices].reverse()) {
      if (device !== advertiser && device.isListening && this.reaches(advertiser, device)) yield device;
    }
  }

  /** Refreshes the advertising timers, which run only while another device listens. */
  receiversChanged(): void {
    for (const { advertiser } of this.#devices) advertiser.refresh();
  }

  connect(central: Radio, peripheral: Radio, parameters: ConnectionParameters): Link {
    const link = new Link(this, central, peripheral, parameters);
    this.#links.add(link);
    return link;
  }

  linkEnded(link: Link): void {
    this.#links.delete(link);
  }

  #block(block: Block): () => void {
    this.#blocks.add(block);
    this.#reachabilityChanged();
    return () => {
      if (this.#blocks.delete(block)) this.#reachabilityChanged();
    };
  }

  #reachabilityChanged(): void {
    this.receiversChanged();
    for (const link of [...this.#links]) link.reachabilityChanged();
  }
}
