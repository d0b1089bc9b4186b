import { readFileSync } from 'node:fs';

/** Addresses in replies. Source: CamiAlfa's captures of an m365. */
const DEVICES = { '23': 'ESC', '25': 'BMS' } as const;

interface RegisterReply {
  readonly device: 'ESC' | 'BMS';
  readonly register: number;
  readonly contents: Uint8Array;
}

/** Splits a reply to a read, in hex: address, command 01, register, contents. */
export function replyIn(message: string): RegisterReply {
  const [, address, register = '', contents = ''] = /^(23|25)01(..)(.*)$/.exec(message) ?? [];
  if (address !== '23' && address !== '25') throw new Error(`no reply to a read: ${message}`);
  return {
    device: DEVICES[address],
    register: Number.parseInt(register, 16),
    contents: Buffer.from(contents, 'hex'),
  };
}

/** Takes the message out of a plain frame: 55 AA, length, message, two bytes of checksum. */
export function messageIn(frame: string): string {
  return frame.slice(6, -4);
}

interface NamedMessage {
  readonly name: string;
  readonly message: string;
}

/** Finds a reply of a real scooter in fixtures/protocol/answers.json. */
export function answer(name: string): string {
  const answers = JSON.parse(readFileSync('fixtures/protocol/answers.json', 'utf8')) as NamedMessage[];
  const found = answers.find((each) => each.name.startsWith(name));
  if (!found) throw new Error(`no such answer: ${name}`);
  return found.message;
}

interface NamedFrame {
  readonly name: string;
  readonly frame: string;
}

/** Finds a captured frame in fixtures/protocol/plain-frames.json. */
export function capture(name: string): string {
  const frames = JSON.parse(readFileSync('fixtures/protocol/plain-frames.json', 'utf8')) as NamedFrame[];
  const found = frames.find((each) => each.name === name);
  if (!found) throw new Error(`no such capture: ${name}`);
  return messageIn(found.frame);
}
