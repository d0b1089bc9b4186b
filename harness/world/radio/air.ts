import type { AttTap } from './att-tap.ts';
import type { Device } from './device.ts';
import { Link, type LinkEvent, type LinkMedium } from './link.ts';
import type { ConnectionParameters } from './parameters.ts';
import type { Radio } from './radio.ts';

/** What the air does to everything that crosses it. */
export interface AirConditions {
  /** Share of radio packets that are lost, 0 to below 1. */
  loss: number;
  /** Extra delay of data on a link, after the next connection event. */
  delayMs: number;
  /** Data are lost above the link layer: links stay up, but nothing gets through. */
  stalled: boolean;
  /** Connection requests are not answered. */
  refusing: boolean;
}

/** What an observer of the air sees. */
export type AirEvent =
  | { readonly type: 'scan' | 'advertising'; readonly by: Radio; readonly on: boolean }
  | { readonly type: 'attempt'; readonly by: Radio }
  | LinkEvent;

export interface AirOptions {
  /** Draws a number from 0 (inclusive) to 1 (exclusive), for losses and advertising delays. */
  readonly random: () => number;
  readonly onEvent?: (event: AirEvent) => void;
}

/** The air between devices: which of them are in range of each other, and what is lost on the way. */
export class Air implements LinkMedium {
  readonly conditions: AirConditions = { loss: 0, delayMs: 0, stalled: false, refusing: false };
  /** Applied in order to the attribute protocol of all links. */
  readonly attTaps = new Set<AttTap>();
  readonly random: () => number;
  readonly report: (event: AirEvent) => void;
  readonly #devices = new Set<Device>();
  readonly #links = new Set<Link>();
  readonly #blockCounts = new Map<Radio, number>();

  constructor({ random, onEvent = () => undefined }: AirOptions) {
    this.random = random;
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
    this.#countBlocks(radio, 1);
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#countBlocks(radio, -1);
    };
  }

  /** The live links, oldest first. */
  get links(): readonly Link[] {
    return [...this.#links];
  }

  reaches(a: Radio, b: Radio): boolean {
    return !this.#blockCounts.has(a) && !this.#blockCounts.has(b);
  }

  /** Draws whether one radio packet is lost. */
  losesPacket(): boolean {
    return this.conditions.loss > 0 && this.random() < this.conditions.loss;
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

  linkEnded(link: Link, reason: number): void {
    this.#links.delete(link);
    this.report({ type: 'ended', link, reason });
  }

  #countBlocks(radio: Radio, change: 1 | -1): void {
    const count = (this.#blockCounts.get(radio) ?? 0) + change;
    if (count === 0) this.#blockCounts.delete(radio);
    else this.#blockCounts.set(radio, count);
    this.receiversChanged();
    for (const link of [...this.#links]) link.reachabilityChanged();
  }
}
