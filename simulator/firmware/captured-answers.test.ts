import { describe, expect, it } from 'vitest';
import answers from '../../fixtures/protocol/answers.json' with { type: 'json' };
import frames from '../../fixtures/protocol/plain-frames.json' with { type: 'json' };
import { ADDRESSES, COMMANDS, type Device, parseMessage, readRequest } from '../../protocol/message.ts';
import { decodePlainFrame, encodePlainFrame } from '../../protocol/plain-frame.ts';
import { byteAddress, decodeRegister } from '../../protocol/registers/codec.ts';
import type { Row } from '../../protocol/registers/row.ts';
import { REGISTERS } from '../../protocol/registers/table.ts';
import { Bench } from '../testing/bench.ts';
import { RegisterBank } from './register-bank.ts';

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');
const DEVICES = Object.keys(ADDRESSES) as Device[];

/** Answers to reads: as whole plain frames, and as messages that were published decrypted. */
const captured = [
  ...frames.filter(({ length_ok }) => length_ok).map(({ name, frame }) => ({ name, frame: hex(frame) })),
  ...answers.map(({ name, message }) => ({ name, frame: encodePlainFrame(parseMessage(hex(message))) })),
].flatMap(({ name, frame }) => {
  const message = decodePlainFrame(frame);
  const device = DEVICES.find((each) => ADDRESSES[each].reply === message.address);
  return device && message.command === COMMANDS.read ? [{ name, frame, device, ...message }] : [];
});

/** Values of the rows and mirrors that lie inside captured bytes. */
function valuesIn(device: Device, register: number, data: Buffer): Record<string, number | string> {
  const values: Record<string, number | string> = {};
  for (const [key, row] of Object.entries<Row>(REGISTERS[device])) {
    for (const at of [row.register, ...row.mirrors]) {
      const start = byteAddress({ ...row, register: at }) - 2 * register;
      if (start < 0 || start + row.bytes > data.length) continue;
      values[key] = decodeRegister(row, data.subarray(start, start + row.bytes));
    }
  }
  return values;
}

describe('a scooter in the state of a captured answer', () => {
  it('is tested with all captures', () => {
    expect(captured.length).toBe(24);
  });

  it.each(captured)('sends the same bytes: $name', ({ frame, device, register, data }) => {
    const registers = new RegisterBank({
      initial: { [device]: valuesIn(device, register, data) },
      live: () => ({}),
    });
    const bench = new Bench({ generation: 'plain', registers });
    bench.write('uart', encodePlainFrame(readRequest(device, register, data.length)));
    const sent = Buffer.concat(bench.takeAllNotifications().map(({ bytes }) => bytes));
    expect(sent.toString('hex')).toBe(frame.toString('hex'));
  });
});
