import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Expected } from './expected.ts';
import { RegisterMemory, type Device } from './memory.ts';
import { SCOOTER_FIELDS, scooterFields, type FieldGroup } from './scooter-fields.ts';
import { TRIP_UNIT_M, type ScooterModel } from './scooter-models.ts';
import { answer, capture, messageIn, replyIn } from './testing/captures.ts';

/** Stores replies to reads, in hex. */
function memoryOf(...messages: readonly string[]): RegisterMemory {
  const memory = new RegisterMemory();
  for (const { device, register, contents } of messages.map(replyIn))
    memory.store(device, register, contents);
  return memory;
}

/** What a reply has to publish, without the fields of other groups. */
function published(memory: RegisterMemory, group: FieldGroup, model: ScooterModel): Record<string, unknown> {
  const fields = scooterFields(memory, model);
  const ofGroup = SCOOTER_FIELDS.filter((field) => field.group === group);
  return Object.fromEntries(ofGroup.map(({ path }) => [path, valueIn(fields.get(path))]));
}

function valueIn(expected: Expected | undefined): unknown {
  return typeof expected === 'object' ? expected.value : expected;
}

/** Value of one field if a register has these contents, and every other one of its block is zero. */
function valueOf(path: string, device: Device, register: number, word: number): unknown {
  const memory = new RegisterMemory();
  memory.store('ESC', 0xb0, new Uint8Array(32));
  memory.store('BMS', 0x31, new Uint8Array(10));
  memory.store('ESC', 0x25, new Uint8Array(2));
  memory.store(device, register, Uint8Array.of(word & 0xff, word >> 8));
  return valueIn(scooterFields(memory, 'pro2').get(path));
}

/** Finds the contents of a register, of all that there are, that a field does not read as it should. */
function wrongWords(
  path: string,
  device: Device,
  register: number,
  expected: (word: number) => number | boolean,
): number[] {
  const memory = new RegisterMemory();
  const field = SCOOTER_FIELDS.find((each) => each.path === path);
  return Array.from({ length: 0x1_0000 }, (_, word) => word).filter((word) => {
    memory.store(device, register, Uint8Array.of(word & 0xff, word >> 8));
    return !Object.is(field?.read(memory, 'pro2'), expected(word));
  });
}

const EVERY_MODEL = Object.keys(TRIP_UNIT_M) as ScooterModel[];

describe('captures of real scooters', () => {
  it('reads the live values of a Pro 2 at standstill', () => {
    expect(published(memoryOf(answer('live block of a Pro 2')), 'live', 'pro2')).toEqual({
      speed_kmh: 0,
      total_distance_m: 1_306_083,
      trip_distance_m: 0,
      uptime_sec: 88,
      frame_temp: 25,
      error: 0,
      warning: 0,
      // The status is 0800.
      locked: false,
      mode: 0,
      speed_signed_kmh: 0,
    });
  });

  it('reads the live values of an m365 after a ride of 50 m', () => {
    // 61 %, average speed 18.000 km/h. From CamiAlfa's description of the protocol.
    const frame = '55aa222301b000000000000000003d000000' + '50468a08000005007c0218010000000000000000000008fd';
    expect(published(memoryOf(messageIn(frame)), 'live', 'm365')).toEqual({
      speed_kmh: 0,
      total_distance_m: 2_186,
      trip_distance_m: 50,
      uptime_sec: 636,
      frame_temp: 28,
      error: 0,
      warning: 0,
      locked: false,
      mode: 0,
      speed_signed_kmh: 0,
    });
  });

  it('agrees with average speed and riding time of the same ride', () => {
    // Riding time: 3b, captured at the same uptime, 636 s.
    const memory = memoryOf(
      messageIn('55aa222301b000000000000000003d00000050468a08000005007c0218010000000000000000000008fd'),
      messageIn('55aa0623013a7c020a0013ff'),
    );
    expect(memory.u16('ESC', 0x3a)).toBe(memory.u16('ESC', 0xba));
    const averageKmh = (memory.u16('ESC', 0xb6) ?? NaN) / 1000;
    const ridingS = memory.u16('ESC', 0x3b) ?? NaN;
    expect(published(memory, 'live', 'm365')['trip_distance_m']).toBe((averageKmh / 3.6) * ridingS);
  });

  it('reads the live values of an m365 at 47 %', () => {
    expect(published(memoryOf(capture('b0 47%')), 'live', 'm365')).toMatchObject({
      total_distance_m: 25_990,
      trip_distance_m: 0,
      uptime_sec: 528,
      frame_temp: 30,
    });
  });

  it.each([
    ['a Pro 2', answer('remaining range'), 26.1],
    ['an m365', messageIn('55aa04230125260785ff'), 18.3],
  ])('reads the remaining range of %s', (_, message, km) => {
    expect(published(memoryOf(message), 'range', 'pro2')).toEqual({ trip_distance_left_km: km });
  });

  it.each([
    ['a Pro 2', answer('battery of a Pro 2'), [7417, 63, 0.01, 36.76, 25, 25]],
    ['an m365, full', capture('bms 31'), [7734, 99, 0.01, 41.05, 29, 29]],
    ['an m365', messageIn('55aa0c250131311a55000000780f2f2f17fe'), [6705, 85, 0, 39.6, 27, 27]],
  ])('reads the battery of %s', (_, message, [capacity, percent, current, voltage, first, second]) => {
    expect(published(memoryOf(message), 'battery', 'm365')).toEqual({
      'battery_info.capacity': capacity,
      'battery_info.percent': percent,
      'battery_info.current': current,
      'battery_info.voltage': voltage,
      'battery_info.temperature_1': first,
      'battery_info.temperature_2': second,
    });
  });

  it('agrees with the sum of the cells of an m365', () => {
    const memory = memoryOf(capture('bms 31'), capture('cells'));
    const cellsMv = Array.from({ length: 10 }, (_, cell) => memory.u16('BMS', 0x40 + cell) ?? NaN);
    const sumV = cellsMv.reduce((sum, mV) => sum + mV, 0) / 1000;
    expect(published(memory, 'battery', 'm365')['battery_info.voltage']).toBeCloseTo(sumV, 1);
  });

  it('reads the current at the charger as negative', () => {
    const rest = '25013100000000';
    const memory = memoryOf(rest, answer('current and voltage while charging'), '2501350000');
    expect(published(memory, 'battery', 'mi3')).toMatchObject({
      'battery_info.current': -1.73,
      'battery_info.voltage': 38.33,
    });
  });
});

describe('every contents of a register', () => {
  it('gives the current the sign of the register', () => {
    const amperes = (word: number): number => (word < 32_768 ? word : word - 65_536) / 100;
    expect(wrongWords('battery_info.current', 'BMS', 0x33, amperes)).toEqual([]);
  });

  it('publishes a speed that is never below 0, and its signed value', () => {
    // From d8f0 on, which is −10.000 km/h, the scooter rolls backwards.
    const signedKmh = (word: number): number => (word < 0xd8f0 ? word : word - 65_536) / 1000;
    expect(wrongWords('speed_signed_kmh', 'ESC', 0xb5, signedKmh)).toEqual([]);
    expect(wrongWords('speed_kmh', 'ESC', 0xb5, (word) => Math.max(signedKmh(word), 0))).toEqual([]);
  });

  it('takes only bit 1 of the status for a lock', () => {
    expect(wrongWords('locked', 'ESC', 0xb2, (word) => Math.floor(word / 2) % 2 === 1)).toEqual([]);
  });

  it.each([
    ['frame_temp', 'ESC', 0xbb, 0xff9c, -10],
    ['frame_temp', 'ESC', 0xbb, 0x0191, 40.1],
    ['uptime_sec', 'ESC', 0xba, 0xffff, 65_535],
    ['error', 'ESC', 0xb0, 0x0015, 21],
    ['warning', 'ESC', 0xb1, 0x0009, 9],
    ['mode', 'ESC', 0xb3, 0x0002, 2],
    ['trip_distance_left_km', 'ESC', 0x25, 0xffff, 655.35],
    ['battery_info.capacity', 'BMS', 0x31, 0xea60, 60_000],
    ['battery_info.percent', 'BMS', 0x32, 0x0064, 100],
    ['battery_info.voltage', 'BMS', 0x34, 0xffff, 655.35],
    ['battery_info.temperature_1', 'BMS', 0x35, 0x2d00, -20],
    ['battery_info.temperature_2', 'BMS', 0x35, 0x002d, -20],
    ['battery_info.temperature_2', 'BMS', 0x35, 0xff00, 235],
  ] as const)('reads %s in %s %i as documented', (path, device, register, word, value) => {
    expect(valueOf(path, device, register, word)).toBe(value);
  });

  it.each(EVERY_MODEL)('publishes the trip distance of a %s in metres', (model) => {
    // 323 is 3,230 m, more than a signed register would hold at the end.
    const memory = memoryOf('2301b0' + '00'.repeat(18) + '4301' + '00'.repeat(12));
    expect(published(memory, 'live', model)['trip_distance_m']).toBe(3_230);
    const last = memoryOf('2301b0' + '00'.repeat(18) + 'ffff' + '00'.repeat(12));
    expect(published(last, 'live', model)['trip_distance_m']).toBe(655_350);
  });
});

describe('missing replies', () => {
  const complete = [
    answer('live block of a Pro 2'),
    answer('battery of a Pro 2'),
    answer('remaining range'),
  ] as const;

  it('makes every field null if nothing is answered', () => {
    const fields = scooterFields(new RegisterMemory(), 'pro2');
    expect(fields.size).toBe(17);
    for (const expected of fields.values()) expect(expected).toEqual({ value: null, tolerance: 0 });
  });

  it.each([
    ['live', [complete[1], complete[2]]],
    ['battery', [complete[0], complete[2]]],
    ['range', [complete[0], complete[1]]],
  ] as const)('makes the group %s null by itself', (silent, messages) => {
    const fields = scooterFields(memoryOf(...messages), 'pro2');
    for (const { path, group } of SCOOTER_FIELDS) {
      expect(valueIn(fields.get(path)) === null, path).toBe(group === silent);
    }
  });

  it('knows no field of which a byte is missing, and does not tell the others of its group', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 23 }), (bytes) => {
        const memory = memoryOf(complete[0].slice(0, 6 + 2 * bytes), complete[1], complete[2]);
        for (const [path, value] of Object.entries(published(memory, 'live', 'pro2'))) {
          expect([null, 'unknown'], path).toContain(value);
        }
        expect(published(memory, 'battery', 'pro2')['battery_info.percent']).toBe(63);
      }),
    );
  });
});
