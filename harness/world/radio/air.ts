import type { Fragment } from './acl.ts';
import type { Controller } from './controller.ts';
import { Link } from './link.ts';
import type { ConnectionParameters } from './parameters.ts';

/** What the air does to everything that crosses it. */
export interface AirConditions {
  /** Share of radio packets that are lost, 0 to below 1. */
  loss: number;
  /** How much later data cross a link than at the next connection event. */
  delayMs: number;
  /** Data are lost above the link layer: the link lives, and nothing comes across. */
  stalled: boolean;
  /** Connection requests are not answered. */
  refusing: boolean;
}

/** What an observer of the air sees. */
export type AirEvent =
  | { readonly type: 'scan'; readonly by: Controller; readonly on: boolean }
  | { readonly type: 'attempt'; readonly by: Controller }
  | { readonly type: 'connected' | 'updated'; readonly link: Link }
  /** A fragment has reached the other end. */
  | { readonly type: 'carried'; readonly link: Link; readonly to: Controller; readonly fragment: Fragment }
  | { readonly type: 'ended'; readonly link: Link; readonly reason: number };

export interface AirOptions {
  /** A number from 0 (inclusive) to 1 (exclusive): the dice of loss and of advertising delays. */
  readonly random: () => number;
  readonly onEvent?: (event: AirEvent) => void;
}

/** The air between controllers: who hears whom, and what gets lost on the way. */
export class Air {
  readonly conditions: AirConditions = { loss: 0, delayMs: 0, stalled: false, refusing: false };
  readonly random: () => number;
  /** Takes what an observer would see. */
  readonly tell: (event: AirEvent) => void;
  readonly #controllers = new Set<Controller>();
  readonly #links = new Set<Link>();
  readonly #blocks = new Map<Controller, number>();

  constructor({ random, onEvent = () => undefined }: AirOptions) {
    this.random = random;
    this.tell = onEvent;
  }

  add(controller: Controller): void {
    this.#controllers.add(controller);
  }

  /** Takes `controller` away for good; its peers notice by supervision. */
  remove(controller: Controller): void {
    controller.reset();
    this.#controllers.delete(controller);
  }

  /**
   * Cuts `controller` off from everybody: it neither hears nor is heard, and nobody is told.
   * @returns the end of this cut; others may still be in force.
   */
  block(controller: Controller): () => void {
    this.#countBlocks(controller, 1);
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#countBlocks(controller, -1);
    };
  }

  /** The links that live, oldest first. */
  get links(): readonly Link[] {
    return [...this.#links];
  }

  reaches(a: Controller, b: Controller): boolean {
    return !this.#blocks.has(a) && !this.#blocks.has(b);
  }

  /** Throws the dice for one radio packet. */
  loses(): boolean {
    return this.conditions.loss > 0 && this.random() < this.conditions.loss;
  }

  /** Those who hear an advertisement of `advertiser` just now; who came last is the first to answer. */
  *listenersFor(advertiser: Controller): Generator<Controller> {
    for (const controller of [...this.#controllers].reverse()) {
      if (controller !== advertiser && controller.listening && this.reaches(advertiser, controller)) {
        yield controller;
      }
    }
  }

  /** Advertisers spend timers only while somebody who could hear them listens. */
  listenersChanged(): void {
    for (const controller of this.#controllers) controller.advertiser.refresh();
  }

  connect(central: Controller, peripheral: Controller, parameters: ConnectionParameters): Link {
    const link = new Link(this, central, peripheral, parameters);
    this.#links.add(link);
    return link;
  }

  ended(link: Link, reason: number): void {
    this.#links.delete(link);
    this.tell({ type: 'ended', link, reason });
  }

  #countBlocks(controller: Controller, change: 1 | -1): void {
    const count = (this.#blocks.get(controller) ?? 0) + change;
    if (count === 0) this.#blocks.delete(controller);
    else this.#blocks.set(controller, count);
    this.listenersChanged();
    for (const link of [...this.#links]) link.reachChanged();
  }
}
