import { MODELS } from '../models/models.ts';
import { factoryRegisters } from '../firmware/factory.ts';
import type { Channel } from '../firmware/channel.ts';
import { Firmware, type FirmwareEvent, type FirmwareOptions } from '../firmware/firmware.ts';
import { RegisterBank } from '../firmware/register-bank.ts';
import { type AppPort, App } from './app.ts';

export interface Notification {
  readonly channel: Channel;
  readonly bytes: Buffer;
}

/** Returns the given bytes first, then buffers filled with 1, 2, 3, … */
export function scriptedRandom(...first: readonly Buffer[]): (count: number) => Buffer {
  const queue = [...first];
  let generated = 0;
  return (count) => queue.shift() ?? Buffer.alloc(count, ++generated);
}

/** Test bench: a firmware without Bluetooth, a clock controlled by the test, and an app. */
export class Bench implements AppPort {
  readonly firmware: Firmware;
  readonly app: App = new App(this);
  readonly events: FirmwareEvent[] = [];
  nowMs = 1000;
  #notifications: Notification[] = [];

  constructor(options: Partial<FirmwareOptions> = {}) {
    const registers = new RegisterBank({
      initial: factoryRegisters({ model: MODELS.pro2, name: 'MIScooter0001', unit: 1 }),
      live: () => ({}),
    });
    this.firmware = new Firmware(
      { registers, random: scriptedRandom(), ...options },
      {
        notify: (channel, bytes) => void this.#notifications.push({ channel, bytes }),
        event: (event) => void this.events.push(event),
      },
    );
    this.firmware.connected(this.nowMs);
  }

  /** Types of the events so far, except connects and disconnects. */
  get eventTypes(): string[] {
    return this.events.map(({ type }) => type).filter((type) => !type.endsWith('connected'));
  }

  write(channel: Channel, bytes: Buffer): void {
    this.firmware.onWrite(channel, bytes, this.nowMs);
  }

  takeNotification(channel: Channel): Buffer | undefined {
    const index = this.#notifications.findIndex((notification) => notification.channel === channel);
    return index < 0 ? undefined : this.#notifications.splice(index, 1)[0]?.bytes;
  }

  /** Removes and returns all notifications, in order. */
  takeAllNotifications(): Notification[] {
    return this.#notifications.splice(0);
  }

  /** Advances the clock, calling `onDeadline` at every deadline, and `then` after it. */
  advance(ms: number, then: () => void = () => undefined): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const { nextDeadlineMs } = this.firmware;
      if (nextDeadlineMs === undefined || nextDeadlineMs > endMs) break;
      this.nowMs = Math.max(this.nowMs, nextDeadlineMs);
      this.firmware.onDeadline(this.nowMs);
      then();
    }
    this.nowMs = endMs;
  }

  disconnect(): void {
    this.firmware.disconnected(this.nowMs);
    this.#notifications = [];
  }

  reconnect(): void {
    this.disconnect();
    this.firmware.connected(this.nowMs);
  }

  pressButton(): void {
    this.firmware.pressButton(this.nowMs);
  }
}
