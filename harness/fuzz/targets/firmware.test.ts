import { describe, expect, it } from 'vitest';
import type { Device } from '../../../protocol/message.ts';
import { factoryRegisters } from '../../../simulator/firmware/factory.ts';
import { Firmware } from '../../../simulator/firmware/firmware.ts';
import { RegisterBank, type WrittenValue } from '../../../simulator/firmware/register-bank.ts';
import { MODELS } from '../../../simulator/models/models.ts';
import { runBatch } from '../run-batch.ts';
import type { CreateFirmware } from '../scooter/firmware-port.ts';
import { findTarget } from '../table.ts';
import { attackFirmware } from './firmware.ts';

const SEED = 20_261_130;

/** Keeps its session when the connection ends. */
class Unforgetting extends Firmware {
  override disconnected(): void {
    // Nothing ends.
  }
}

/** Keeps its pairing if it is deleted with the buttons. */
class Stubborn extends Firmware {
  override switchedOn(nowMs: number): void {
    super.switchedOn(nowMs, false);
  }
}

/** Presses its own button. */
class Confirming extends Firmware {
  override onWrite(...write: Parameters<Firmware['onWrite']>): void {
    super.onWrite(...write);
    super.pressButton(write[2]);
  }
}

/** Cannot read a write of this size. */
class Fragile extends Firmware {
  override onWrite(...write: Parameters<Firmware['onWrite']>): void {
    if (write[1].length === 7) throw new RangeError('out of range');
    super.onWrite(...write);
  }
}

/** Always has something to do now. */
class Restless extends Firmware {
  override get nextDeadlineMs(): number {
    return 0;
  }
}

/** Stores whatever is written. */
class LaxBank extends RegisterBank {
  override write(device: Device, register: number, data: Buffer): WrittenValue | undefined {
    return super.write(device, register, data) ?? { device, key: 'any', value: data.length };
  }
}

const registers = new LaxBank({
  initial: factoryRegisters({ model: MODELS.pro2, name: 'MIScooter0001', unit: 1 }),
  live: () => ({}),
});

/** Firmware that is deliberately wrong, and what the target says about it. */
const FAULTS: readonly (readonly [fault: string, create: CreateFirmware, message: RegExp])[] = [
  [
    'draws the same random number for every login',
    (options, output) => new Firmware({ ...options, random: (count) => Buffer.alloc(count, 7) }, output),
    /accepts a login without a right proof|repeats a counter/,
  ],
  [
    'keeps its session on the next connection',
    (options, output) => new Unforgetting(options, output),
    /proper client|no frame of this session|before a login/,
  ],
  [
    'keeps a pairing that was deleted',
    (options, output) => new Stubborn(options, output),
    /^the token|proper client/,
  ],
  [
    'registers without a press of the button',
    (options, output) => new Confirming(options, output),
    /without a press/,
  ],
  ['throws at a write', (options, output) => new Fragile(options, output), /out of range/],
  ['never comes to rest', (options, output) => new Restless(options, output), /deadlines without end/],
  [
    'stores what may not be written',
    (options, output) => new Firmware({ ...options, registers }, output),
    /has (written|replied)/,
  ],
  [
    'sends everything twice',
    (options, output) =>
      new Firmware(options, {
        ...output,
        notify: (channel, bytes) => {
          output.notify(channel, bytes);
          output.notify(channel, bytes);
        },
      }),
    /not intact|another reply than it reports|repeats a counter|more than an input asks for|proper client/,
  ],
];

describe('a firmware that is deliberately wrong is found in the runs of npm test', () => {
  const target = findTarget('firmware');

  it.each(FAULTS)('%s', async (_fault, create, message) => {
    const wrong: typeof target = {
      ...target,
      check: (input, tally) => attackFirmware(input as Parameters<typeof attackFirmware>[0], tally, create),
    };
    const { failure } = await runBatch(wrong, SEED, target.runs);
    expect(failure?.message).toMatch(message);
  });
});
