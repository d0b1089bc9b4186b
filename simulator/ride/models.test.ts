import { describe, expect, it } from 'vitest';
import { MODELS, type ScooterModel } from './models.ts';

const models: [string, ScooterModel][] = Object.entries(MODELS);

describe('the scooter models', () => {
  it('advertise the type bytes that apps look for', () => {
    expect(Object.fromEntries(models.map(([id, { typeByte }]) => [id, typeByte]))).toEqual({
      m365: 0x20,
      pro: 0x22,
      '1s': 0x25,
      lite: 0x29,
      pro2: 0x28,
      mi3: 0x2e,
    });
  });

  it.each(models)('%s has values within the range of its registers', (_, model) => {
    expect(model.fullCapacityMah).toBeLessThanOrEqual(model.designCapacityMah);
    expect(model.designCapacityMah).toBeLessThan(0x10000);
    expect(model.topSpeedKmh).toBeLessThanOrEqual(25);
    expect(model.serialPrefix ?? '00000').toMatch(/^\d{5}$/);
    for (const version of Object.values(model.firmware)) {
      expect(version).toMatch(/^[0-9a-f]\.[0-9a-f]\.[0-9a-f]$/);
    }
  });
});
