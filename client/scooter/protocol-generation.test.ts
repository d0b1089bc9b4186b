import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeManufacturerData, encodeMiBeacon, GENERATIONS } from '../../protocol/advertisement.ts';
import { XIAOMI } from '../../protocol/gatt.ts';
import type { DiscoveredDevice } from '../ble/central.ts';
import { advertisedModel, generationOf, xorNotSupported } from './protocol-generation.ts';

interface ModelFixture {
  readonly name: string;
  readonly advertisedType: string;
}

const FOLDER = 'fixtures/models';
const FIXTURES = readdirSync(FOLDER).map(
  (file) => JSON.parse(readFileSync(`${FOLDER}/${file}`, 'utf8')) as ModelFixture,
);

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
const withoutMiAuth = { has: () => false };

describe('an advertisement', () => {
  it.each(FIXTURES)('identifies the $name and its units', ({ name, advertisedType }) => {
    const { model } = advertisedModel(
      discovered({ manufacturerData: manufacturerData(Number(advertisedType), 'miauth') }),
    );
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
    },
  );

  it('without it uses the advertised generation, or plain frames if that is unknown', () => {
    expect(generationOf(withoutMiAuth, { model: undefined, generation: 'xor' })).toBe('xor');
    expect(generationOf(withoutMiAuth, { model: undefined, generation: 'plain' })).toBe('plain');
    expect(generationOf(withoutMiAuth, { model: undefined, generation: undefined })).toBe('plain');
  });
});

describe('the error for a scooter that encodes frames with XOR', () => {
  it('names the model if it is known', () => {
    const device = discovered({ manufacturerData: manufacturerData(0x22, 'xor') });
    expect(xorNotSupported(advertisedModel(device)).message).toContain('This M365 Pro is not supported');
    expect(xorNotSupported(advertisedModel(discovered())).message).toContain('This scooter is not supported');
    expect(xorNotSupported(advertisedModel(discovered()))).toMatchObject({ exitCode: 78, retry: 'never' });
  });
});
