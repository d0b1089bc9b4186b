import { describe, expect, it } from 'vitest';
import vectors from '../fixtures/protocol/registration.json' with { type: 'json' };
import { didFromText, encodeDeviceInfo, parseDeviceInfo } from './device-info.ts';

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');

describe('device info', () => {
  it.each(vectors)('of a bound scooter contains its id: $name', ({ remote_info, did_plaintext }) => {
    const info = { version: 1, flags: 0, did: hex(did_plaintext) };
    expect(parseDeviceInfo(hex(remote_info))).toEqual(info);
    expect(encodeDeviceInfo(info)).toEqual(hex(remote_info));
  });

  it('of a scooter that was never bound has no id', () => {
    expect(parseDeviceInfo(hex('01000000'))).toEqual({ version: 1, flags: 0 });
    expect(encodeDeviceInfo({ version: 1, flags: 0 })).toEqual(hex('01000000'));
  });

  it.each([0, 3, 5, 20, 23, 25])('of %i bytes is rejected', (length) => {
    expect(() => parseDeviceInfo(Buffer.alloc(length))).toThrow(expect.objectContaining({ code: 'length' }));
  });

  it('cannot contain an id of another size', () => {
    expect(() => encodeDeviceInfo({ version: 1, flags: 0, did: Buffer.alloc(19) })).toThrow(
      expect.objectContaining({ code: 'length' }),
    );
  });
});

describe('didFromText', () => {
  it('puts the NUL first, as scooters do', () => {
    expect(didFromText('blt.4.18n58266kgg00').toString('hex')).toBe(`00${hexOf('blt.4.18n58266kgg00')}`);
  });

  it.each(['', 'blt.4.18n58266kgg0', 'blt.4.18n58266kgg000', 'blt.4.18n58266kgg0\n', 'blt.4.18n58266kgg0é'])(
    'refuses %j',
    (text) => {
      expect(() => didFromText(text)).toThrow(expect.objectContaining({ code: 'range' }));
    },
  );

  const hexOf = (text: string): string => Buffer.from(text).toString('hex');
});
