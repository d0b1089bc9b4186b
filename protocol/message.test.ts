import { describe, expect, it } from 'vitest';
import {
  ADDRESSES,
  COMMANDS,
  type Device,
  MAX_READ_BYTES,
  isReplyTo,
  parseMessage,
  readRequest,
  replyTo,
  requestedDevice,
  writeMessage,
  writeRequest,
} from './message.ts';

const failsWith = (code: string): unknown => expect.objectContaining({ name: 'ProtocolError', code });

describe('isReplyTo', () => {
  const request = readRequest('esc', 0xb0, 32);
  const reply = replyTo('esc', request, Buffer.alloc(32));

  it.each(Object.keys(ADDRESSES) as Device[])('accepts the reply of the %s', (device) => {
    const read = readRequest(device, 0x10, 14);
    expect(requestedDevice(read)).toBe(device);
    expect(isReplyTo(read, replyTo(device, read, Buffer.alloc(14)))).toBe(true);
  });

  it.each([
    ['from another device', { ...reply, address: ADDRESSES.bms.reply }],
    ['that is the request itself', request],
    ['to another command', { ...reply, command: COMMANDS.write }],
    ['about another register', { ...reply, register: 0xb1 }],
    ['of another length', { ...reply, data: Buffer.alloc(30) }],
  ])('rejects a reply %s', (_, other) => {
    expect(isReplyTo(request, other)).toBe(false);
  });

  it('accepts the one-byte result of a write', () => {
    const write = writeRequest('esc', 0x7c, Buffer.of(1, 0));
    expect(isReplyTo(write, replyTo('esc', write, Buffer.of(0)))).toBe(true);
  });

  it('rejects any reply to a message that is not a request', () => {
    expect(requestedDevice(reply)).toBeUndefined();
    expect(isReplyTo(reply, reply)).toBe(false);
  });
});

describe('readRequest', () => {
  it.each([0, MAX_READ_BYTES + 1, 1.5, NaN])('refuses to read %d bytes', (byteCount) => {
    expect(() => readRequest('esc', 0x10, byteCount)).toThrow(failsWith('range'));
  });
});

describe('writeRequest', () => {
  it('can be sent without a reply', () => {
    expect(writeRequest('esc', 0x7d, Buffer.of(2, 0), 'writeNoReply')).toEqual({
      address: 0x20,
      command: 0x03,
      register: 0x7d,
      data: Buffer.of(2, 0),
    });
  });
});

describe('writeMessage', () => {
  it.each([{ address: 256 }, { command: -1 }, { register: 0.5 }])(
    'refuses %o instead of truncating it',
    (bad) => {
      expect(() => writeMessage({ ...readRequest('esc', 0, 1), ...bad }, Buffer.alloc(8), 0)).toThrow(
        failsWith('range'),
      );
    },
  );
});

describe('parseMessage', () => {
  it.each([0, 1, 2])('refuses %i bytes', (length) => {
    expect(() => parseMessage(Buffer.alloc(length))).toThrow(failsWith('length'));
  });
});
