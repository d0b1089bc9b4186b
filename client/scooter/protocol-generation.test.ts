import { describe, expect, it } from 'vitest';
import {
  encodeManufacturerData,
  encodeMiBeacon,
  GENERATIONS,
  scooterBeacon,
} from '../../protocol/advertisement.ts';
import { XIAOMI } from '../../protocol/gatt.ts';
import type { DiscoveredDevice } from '../ble/central.ts';
import { advertisedModel, generationOf } from './protocol-generation.ts';

/** Type bytes of Xiaomi's models, and their names. */
const XIAOMI_MODELS = [
  [0x20, 'M365'],
  [0x22, 'M365 Pro'],
  [0x25, '1S'],
  [0x2b, '1S (DE)'],
  [0x29, 'Essential'],
  [0x28, 'Pro 2'],
  [0x2e, 'Mi 3'],
] as const;

const discovered = (data: Partial<DiscoveredDevice> = {}): DiscoveredDevice => ({
  address: 'c8:f0:9e:00:00:01',
  name: 'MIScooter0001',
  rssi: -60,
  ...data,
});
const manufacturerData = (modelType: number, generation: (typeof GENERATIONS)[number]): Buffer =>
  encodeManufacturerData({ modelType, generation });
const MI_BEACON = encodeMiBeacon({
  registered: false,
  authMode: 2,
  version: 5,
  productId: 0x0766,
  frameCounter: 1,
});

const withMiAuth = { has: (uuid: string) => uuid === XIAOMI.avdtp };
const withXorKey = { has: (uuid: string) => uuid === XIAOMI.xorKey };
const withBoth = { has: () => true };
const withNeither = { has: () => false };

describe('an advertisement', () => {
  it.each(XIAOMI_MODELS)('with the type byte 0x%x identifies the %s and its units', (type, name) => {
    const { model } = advertisedModel(discovered({ manufacturerData: manufacturerData(type, 'miauth') }));
    expect(model?.name).toBe(name);
    expect(model?.maker).toBe('xiaomi');
    // No model has a known longer trip that would indicate another unit than 10 m.
    expect(model?.tripUnitM).toBe(10);
  });

  it('of an unlisted model has no model', () => {
    const device = discovered({ manufacturerData: manufacturerData(0x7f, 'plain') });
    expect(advertisedModel(device)).toEqual({ model: undefined, generation: 'plain' });
  });

  it.each(GENERATIONS)('contains the generation %s', (generation) => {
    expect(
      advertisedModel(discovered({ manufacturerData: manufacturerData(0x22, generation) })),
    ).toMatchObject({
      generation,
    });
  });

  it('with a MiBeacon means MiAuth, whatever else it contains', () => {
    expect(advertisedModel(discovered({ miBeacon: MI_BEACON })).generation).toBe('miauth');
    expect(
      advertisedModel(discovered({ miBeacon: MI_BEACON, manufacturerData: manufacturerData(0x28, 'xor') }))
        .generation,
    ).toBe('miauth');
  });

  it('with only a MiBeacon has the model of its product id, if a source names that', () => {
    const miBeacon = (productId: number): Buffer =>
      encodeMiBeacon(scooterBeacon({ productId, mac: 'c8:f0:9e:00:00:01' }));
    expect(advertisedModel(discovered({ miBeacon: miBeacon(0x0156) })).model?.name).toBe('M365');
    expect(advertisedModel(discovered({ miBeacon: miBeacon(0x0766) })).model).toBeUndefined();
    expect(
      advertisedModel(
        discovered({ miBeacon: miBeacon(0x0156), manufacturerData: manufacturerData(0x28, 'miauth') }),
      ).model?.name,
    ).toBe('Pro 2');
  });

  it('that is damaged, or of another device, contains nothing', () => {
    const damaged = manufacturerData(0x28, 'miauth');
    damaged.writeUInt8(0x29, 2);
    expect(advertisedModel(discovered({ manufacturerData: damaged }))).toEqual({
      model: undefined,
      generation: undefined,
    });
    expect(advertisedModel(discovered())).toEqual({ model: undefined, generation: undefined });
  });
});

describe('a connected scooter', () => {
  it.each([...GENERATIONS, undefined])(
    'with the MiAuth characteristic uses MiAuth, whatever it advertises (%s)',
    (generation) => {
      expect(generationOf(withMiAuth, { model: undefined, generation })).toBe('miauth');
      expect(generationOf(withBoth, { model: undefined, generation })).toBe('miauth');
    },
  );

  it.each([...GENERATIONS, undefined])(
    'with the key of XORed frames alone uses these, whatever it advertises (%s)',
    (generation) => {
      expect(generationOf(withXorKey, { model: undefined, generation })).toBe('xor');
    },
  );

  it('with neither uses the advertised generation, or plain frames if that is unknown', () => {
    expect(generationOf(withNeither, { model: undefined, generation: 'xor' })).toBe('xor');
    expect(generationOf(withNeither, { model: undefined, generation: 'plain' })).toBe('plain');
    expect(generationOf(withNeither, { model: undefined, generation: undefined })).toBe('plain');
  });
});
