import { didFromText } from '../../../protocol/device-info.ts';
import { MAX_READ_BYTES } from '../../../protocol/message.ts';
import type { Channel } from '../../../simulator/firmware/channel.ts';
import { factoryRegisters } from '../../../simulator/firmware/factory.ts';
import type { Firmware, FirmwareOptions, FirmwareOutput } from '../../../simulator/firmware/firmware.ts';
import { keystreamOf } from '../../../simulator/firmware/keystream.ts';
import type { Quirk } from '../../../simulator/firmware/quirks.ts';
import { RegisterBank } from '../../../simulator/firmware/register-bank.ts';
import type { ScooterModel } from '../../../simulator/models/model.ts';
import { expectThat } from '../expect.ts';
import type { ScooterPort } from './attack.ts';
import { ScooterMonitor } from './monitor.ts';
import { ExpectedMemory } from './settings.ts';

/** Creates a firmware; a test passes one that is deliberately wrong. */
export type CreateFirmware = (options: FirmwareOptions, output: FirmwareOutput) => Firmware;

export interface FirmwarePortOptions {
  readonly model: ScooterModel;
  readonly token: Buffer | undefined;
  readonly quirks: ReadonlySet<Quirk>;
  readonly random: (count: number) => Buffer;
  readonly create: CreateFirmware;
}

const MEMORY_BYTES = 2 * 0x100 + MAX_READ_BYTES;
const UNIT = 1;
/** Each deadline must lie ahead, or time would stand still. */
const MAX_DEADLINES_PER_S = 20;

/** A firmware without Bluetooth, whose clock the attack controls. Its registers change by writes alone. */
export class FirmwarePort implements ScooterPort {
  readonly generation: ScooterPort['generation'];
  readonly keystream: Buffer = keystreamOf(UNIT);
  readonly monitor: ScooterMonitor;
  nowMs = 1000;
  isConnected = false;
  /** Number of replies to register requests. */
  replies = 0;
  readonly #firmware: Firmware;
  #notifications: { readonly channel: Channel; readonly bytes: Buffer }[] = [];

  constructor({ model, token, quirks, random, create }: FirmwarePortOptions) {
    this.generation = model.generation;
    const registers = (): RegisterBank =>
      new RegisterBank({
        initial: factoryRegisters({ model, name: 'MIScooter0001', unit: UNIT }),
        live: () => ({}),
        traits: model,
      });
    const memory = new ExpectedMemory(contentsOf(registers()));
    this.monitor = new ScooterMonitor({ model, keystream: this.keystream, token, quirks, memory });
    const { keystream, monitor } = this;
    this.#firmware = create(
      {
        generation: model.generation,
        did: didFromText('blt.4.18n58266kgg00'),
        keystream,
        registers: registers(),
        random,
        quirks,
        ...(token && { token }),
      },
      {
        notify: (channel, bytes) => {
          this.#notifications.push({ channel, bytes });
          monitor.onNotify(channel, bytes);
        },
        event: (event) => {
          if (event.type === 'replied') this.replies += 1;
          monitor.onEvent(event);
        },
      },
    );
  }

  get token(): Buffer | undefined {
    return this.#firmware.token;
  }

  write(channel: Channel, bytes: Buffer): void {
    this.#firmware.onWrite(channel, bytes, this.nowMs);
  }

  takeNotification(channel: Channel): Buffer | undefined {
    const index = this.#notifications.findIndex((notification) => notification.channel === channel);
    return index < 0 ? undefined : this.#notifications.splice(index, 1)[0]?.bytes;
  }

  advance(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    let left = MAX_DEADLINES_PER_S * (1 + Math.ceil(ms / 1000));
    for (;;) {
      const { nextDeadlineMs } = this.#firmware;
      if (nextDeadlineMs === undefined || nextDeadlineMs > endMs) break;
      expectThat(left > 0, 'has deadlines without end');
      left -= 1;
      this.nowMs = Math.max(this.nowMs, nextDeadlineMs);
      this.#firmware.onDeadline(this.nowMs);
      this.monitor.check(this.token);
    }
    this.nowMs = endMs;
    return Promise.resolve();
  }

  connect(): Promise<void> {
    this.isConnected = true;
    this.#notifications = [];
    this.#firmware.connected(this.nowMs);
    return Promise.resolve();
  }

  disconnect(): void {
    this.isConnected = false;
    this.#firmware.disconnected(this.nowMs);
  }

  press(): void {
    this.#firmware.pressButton(this.nowMs);
  }

  restart(resets: boolean): Promise<void> {
    if (this.isConnected) this.disconnect();
    this.#firmware.switchedOn(this.nowMs, resets);
    return this.connect();
  }
}

/** The memory of each device. */
function contentsOf(bank: RegisterBank): Record<'ble' | 'esc' | 'bms', Buffer> {
  const contentOf = (device: 'ble' | 'esc' | 'bms'): Buffer => {
    const content = Buffer.alloc(MEMORY_BYTES);
    for (let register = 0; register < 0x100; register += 1)
      content.set(bank.read(device, register, 2, 0), 2 * register);
    return content;
  };
  return { ble: contentOf('ble'), esc: contentOf('esc'), bms: contentOf('bms') };
}
