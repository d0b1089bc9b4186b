import { describe, expect, it } from 'vitest';
import { GENERATIONS } from '../../protocol/advertisement.ts';
import type { ScooterModel } from './model.ts';
import { findModel, MODEL_DATA, MODEL_IDS, MODELS, UnknownModelError } from './models.ts';
import { SOURCES, type SourceId } from './sources.ts';
import { factsIn } from './testing/facts-in.ts';

const VARIANTS = Object.entries(MODELS).flatMap(([id, { generations }]) =>
  Object.values(generations).map((model): [string, ScooterModel] => [`${id}, ${model.generation}`, model]),
);

const FACTS = Object.entries(MODEL_DATA).flatMap(([id, { generations }]) => factsIn(generations, [id]));

describe('the scooter models', () => {
  it('advertise the type bytes that apps look for', () => {
    expect(Object.fromEntries(Object.entries(MODELS).map(([id, { typeByte }]) => [id, typeByte]))).toEqual({
      m365: 0x20,
      pro: 0x22,
      '1s': 0x25,
      '1s-de': 0x2b,
      lite: 0x29,
      pro2: 0x28,
      mi3: 0x2e,
    });
  });

  it('exist in the generations that their firmware went through', () => {
    expect(VARIANTS.map(([name]) => name)).toEqual([
      ...['m365, plain', 'm365, xor', 'm365, miauth', 'pro, xor', 'pro, miauth'],
      ...['1s, miauth', '1s-de, miauth', 'lite, miauth', 'pro2, miauth', 'mi3, miauth'],
    ]);
  });

  it.each(VARIANTS)('(%s) have values that fit their registers', (_, model) => {
    expect(model.fullCapacityMah).toBeLessThanOrEqual(model.designCapacityMah);
    expect(model.designCapacityMah).toBeLessThan(0x10000);
    expect(model.topSpeedKmh).toBeLessThanOrEqual(25);
    expect(model.serialPrefix).toMatch(/^\d{5}$/);
    expect(model.batterySerialPrefix).toMatch(/^[0-9A-Z]{6}$/);
    expect(model.pin).toMatch(/^\d{6}$/);
    expect(`${model.namePrefix}0000`.length).toBeLessThanOrEqual(13);
    for (const version of Object.values(model.firmware)) {
      expect(version).toMatch(/^[0-9a-f]\.[0-9a-f]\.[0-9a-f]$/);
    }
  });

  it.each(VARIANTS)('(%s) are no faster in a slower mode', (_, { modes }) => {
    const limits = [modes.eco, modes.normal, modes.sport].flatMap((mode) => (mode ? [mode.limitKmh] : []));
    expect(limits).toEqual(limits.toSorted((a, b) => a - b));
    expect(limits.length).toBeGreaterThan(1);
  });

  it('advertise a MiBeacon only with MiAuth', () => {
    for (const [, { generation, advertisements }] of VARIANTS) {
      expect(advertisements).toEqual(
        generation === 'miauth' ? ['manufacturer', 'fe95', 'both'] : ['manufacturer'],
      );
    }
  });
});

it('every fact about a model has a source, or says what it is inferred from, or that it is unknown', () => {
  expect(FACTS.length).toBeGreaterThan(100);
  for (const [path, { grade, source, note }] of FACTS) {
    const isSourced = grade === 'captured' || grade === 'derived';
    expect([path, source !== undefined]).toEqual([path, isSourced]);
    if (grade === 'assumed') expect([path, note]).toEqual([path, expect.any(String)]);
  }
});

it('every source is cited', () => {
  const cited = new Set(FACTS.flatMap(([, { source }]) => source ?? []));
  expect(Object.keys(SOURCES).filter((id) => !cited.has(id as SourceId))).toEqual([]);
});

describe('a model is selected', () => {
  it('by its id in its default generation', () => {
    for (const id of Object.keys(MODELS)) {
      const { generation } = findModel(id);
      expect(generation).toBe(id === 'm365' ? 'plain' : 'miauth');
    }
  });

  it('by any of its names', () => {
    expect(findModel('pro3')).toEqual(findModel('mi3'));
    expect(findModel('essential')).toEqual(findModel('lite'));
    expect(MODEL_IDS).toContain('pro3');
  });

  it.each(GENERATIONS)('in the generation %s if it exists', (generation) => {
    expect(findModel('m365', { generation })).toMatchObject({ name: 'M365', generation });
  });

  it('with one of its advertisements', () => {
    expect(findModel('pro2').advertisement).toBe('manufacturer');
    expect(findModel('pro2', { advertisement: 'both' }).advertisement).toBe('both');
  });

  it.each([
    ['moped', {}, 'model'],
    ['pro2', { generation: 'plain' }, 'generation'],
    ['pro', { generation: 'xor', advertisement: 'fe95' }, 'advertisement'],
  ] as const)('not if it does not exist: %s, %o', (id, choice, key) => {
    expect(() => findModel(id, choice)).toThrow(UnknownModelError);
    expect(() => findModel(id, choice)).toThrow(expect.objectContaining({ key }));
  });
});
