import { MODELS } from '../ride/models.ts';
import { factoryRegisters } from '../firmware/factory.ts';
import { type Channel, Firmware, type FirmwareEvent, type FirmwareOptions } from '../firmware/firmware.ts';
import { RegisterBank } from '../firmware/register-bank.ts';
import { type AppPort, App } from './app.ts';

export interface Notification {
  readonly channel: Channel;
  readonly bytes: Buffer;
}

/** Draws the given bytes first, then counts. */
export function scriptedRandom(...first: readonly Buffer[]): (count: number) => Buffer {
  const queue = [...first];
  let drawn = 0;
  return (count) => queue.shift() ?? Buffer.alloc(count, ++drawn);
}

/** A firmware without a radio, a clock that only the test moves, and an app at the other end. */
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

  /** Types of the events so far, without those of the link. */
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

  /** All notifications that nobody took, in order. */
  takeAll(): Notification[] {
    return this.#notifications.splice(0);
  }

  /** Lets time pass, with every deadline at its moment. */
  advance(ms: number): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const { nextDeadlineMs } = this.firmware;
      if (nextDeadlineMs === undefined || nextDeadlineMs > endMs) break;
      this.nowMs = Math.max(this.nowMs, nextDeadlineMs);
      this.firmware.onDeadline(this.nowMs);
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
