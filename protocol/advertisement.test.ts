import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  GENERATIONS,
  decodeManufacturerData,
  decodeMiBeacon,
  encodeAdvertisement,
  encodeManufacturerData,
  encodeMiBeacon,
  advertisesMiAuth,
  scooterBeacon,
  type MiBeacon,
} from './advertisement.ts';
import { beacon } from './testing/arbitrary-advertisements.ts';
import { MODELS, modelOfType } from './models.ts';

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');

/** Captured from a scooter with MiAuth. */
const BEACON = hex('30586607018d1318a05dd408');

describe('manufacturer data', () => {
  it.each([
    ['4e422000000000df', 0x20, 'plain', 'M365'],
    ['4e422201000000dc', 0x22, 'xor', 'M365 Pro'],
    ['4e422100000000de', 0x21, 'plain', 'ES1/2/3/4'],
    ['4e422802000000d5', 0x28, 'miauth', 'Pro 2'],
  ] as const)('%s decodes to type %i, generation %s: %s', (bytes, modelType, generation, name) => {
    expect(decodeManufacturerData(hex(bytes))).toEqual({ modelType, generation });
    expect(encodeManufacturerData({ modelType, generation })).toEqual(hex(bytes));
    expect(modelOfType(modelType)?.name).toBe(name);
  });

  it.each([
    ['of another company', '4e432000000000df'],
    ['with a wrong checksum', '4e422100000000df'],
    ['of an unknown generation', '4e422003000000dc'],
    ['truncated', '4e4220000000'],
    ['without company identifier', '2000000000df'],
    ['empty', ''],
  ])('%s is not taken for a scooter', (_, bytes) => {
    expect(decodeManufacturerData(hex(bytes))).toBeUndefined();
  });

  it('decodes to the encoded model and generation', () => {
    for (const { type: modelType } of MODELS) {
      for (const generation of GENERATIONS) {
        const data = { modelType, generation };
        expect(decodeManufacturerData(encodeManufacturerData(data))).toEqual(data);
      }
    }
  });

  it('of an undocumented type has no model', () => {
    expect(modelOfType(0x7f)).toBeUndefined();
  });
});

describe('MiBeacon', () => {
  const captured: MiBeacon = {
    registered: false,
    authMode: 2,
    version: 5,
    productId: 0x0766,
    frameCounter: 1,
    mac: 'd4:5d:a0:18:13:8d',
    capability: 8,
  };

  it('captured from a scooter decodes to its address and authentication mode', () => {
    expect(decodeMiBeacon(BEACON)).toEqual(captured);
    expect(encodeMiBeacon(captured)).toEqual(BEACON);
  });

  it('decodes to the encoded fields, with and without address and capability', () => {
    fc.assert(
      fc.property(beacon, (encoded) => {
        expect(decodeMiBeacon(encodeMiBeacon(encoded))).toEqual(encoded);
      }),
    );
  });

  it('truncated anywhere is rejected', () => {
    for (let length = 0; length < BEACON.length; length += 1) {
      expect(decodeMiBeacon(BEACON.subarray(0, length))).toBeUndefined();
    }
  });
});

describe('advertisesMiAuth', () => {
  it('accepts either the manufacturer data or the beacon', () => {
    expect(advertisesMiAuth({ manufacturerData: hex('4e422802000000d5') })).toBe(true);
    expect(advertisesMiAuth({ miBeacon: BEACON })).toBe(true);
    expect(advertisesMiAuth({ manufacturerData: hex('4e422201000000dc'), miBeacon: BEACON })).toBe(true);
  });

  it('is false for older scooters and for garbage', () => {
    expect(advertisesMiAuth({})).toBe(false);
    expect(advertisesMiAuth({ manufacturerData: hex('4e422201000000dc') })).toBe(false);
    expect(advertisesMiAuth({ manufacturerData: hex('4c00'), miBeacon: hex('3058') })).toBe(false);
  });
});

/** AD structures as hex digits. */
const NAME = `0e09${Buffer.from('MIScooter5219').toString('hex')}`;
const NORDIC_UUID = '9ecadc240ee5a9e093f3a3b50100406e';
const SERVICE_DATA = `0f1695fe${BEACON.toString('hex')}`;

describe('encodeAdvertisement', () => {
  it('matches the advertisement of a scooter', () => {
    const encoded = encodeAdvertisement({ name: 'MIScooter5219', modelType: 0x28, generation: 'miauth' });
    const name = Buffer.from('MIScooter5219').toString('hex');
    expect(encoded.advertisement.toString('hex')).toBe(`0201060e09${name}09ff4e422802000000d5`);
    expect(encoded.scanResponse.toString('hex')).toBe('11079ecadc240ee5a9e093f3a3b50100406e');
  });

  it.each([
    ['fe95', `020106${SERVICE_DATA}`, NAME],
    ['both', `0201061107${NORDIC_UUID}09ff4e422802000000d5`, `${NAME}${SERVICE_DATA}`],
  ] as const)('(%s) contains FE95 service data as published, and the name', (variant, data, response) => {
    const { advertisement, scanResponse } = encodeAdvertisement({
      name: 'MIScooter5219',
      modelType: 0x28,
      generation: 'miauth',
      variant,
      miBeacon: scooterBeacon({ productId: 0x0766, mac: 'd4:5d:a0:18:13:8d' }),
    });
    expect(advertisement.toString('hex')).toBe(data);
    expect(scanResponse.toString('hex')).toBe(response);
  });

  it('refuses a name that is too long for the other fields', () => {
    const withNameOf = (length: number): (() => unknown) => {
      return () => encodeAdvertisement({ name: 'n'.repeat(length), modelType: 0x28, generation: 'miauth' });
    };
    expect(withNameOf(16)).not.toThrow();
    expect(withNameOf(17)).toThrow(expect.objectContaining({ code: 'length' }));
  });
});
