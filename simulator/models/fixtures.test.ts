import { describe, expect, it } from 'vitest';
import answers from '../../fixtures/protocol/answers.json' with { type: 'json' };
import frames from '../../fixtures/protocol/plain-frames.json' with { type: 'json' };
import type { Generation } from '../../protocol/advertisement.ts';
import type { ModelData, ModelFacts } from './model.ts';
import { MODEL_DATA, type ModelId } from './models.ts';
import { factsIn } from './testing/facts-in.ts';

function factsOf(id: ModelId, generation: Generation): ModelFacts {
  const { generations }: ModelData = MODEL_DATA[id];
  const facts = generations[generation];
  if (!facts) throw new Error(`no ${id} has the generation ${generation}`);
  return facts;
}

const HEADER_BYTES = 6;
const ADDRESS_BYTES = 3;

function hexOf(entries: readonly { name: string; bytes: string }[], name: string): Buffer {
  const entry = entries.find((each) => each.name === name);
  if (!entry) throw new Error(`no fixture is called "${name}"`);
  return Buffer.from(entry.bytes, 'hex');
}

/** Data of a frame of an M365. */
const ofM365 = (name: string): Buffer =>
  hexOf(
    frames.map(({ frame, ...rest }) => ({ ...rest, bytes: frame })),
    name,
  ).subarray(HEADER_BYTES, -2);

/** Data of an answer that was published decrypted. */
const answer = (name: string): Buffer =>
  hexOf(
    answers.map(({ message, ...rest }) => ({ ...rest, bytes: message })),
    name,
  ).subarray(ADDRESS_BYTES);

/** The word 0x0134 as `1.3.4`. */
const version = (word: number): string => Array.from(word.toString(16)).join('.');

/** The word 0x22a2 as `2017-05-02`. */
const date = (word: number): string =>
  [2000 + (word >> 9), (word >> 5) & 15, word & 31].map((part) => String(part).padStart(2, '0')).join('-');

/** Number of the 16-bit words that are not zero. */
const wordsIn = (data: Buffer): number =>
  Array.from({ length: data.length / 2 }, (_, index) => data.readUInt16LE(2 * index)).filter(Boolean).length;

/** The author's replacement of the serial number before them is one character too long. */
const bmsVersionAndCapacity = ofM365('bms serial').subarray(-4);

/** Offsets are written down here, not taken from the register table. */
const M365: Readonly<Record<string, unknown>> = {
  namePrefix: ofM365('name MIScooter5219').toString('latin1', 0, 9),
  designCapacityMah: bmsVersionAndCapacity.readUInt16LE(2),
  healthPercent: ofM365('bms 3b').readUInt16LE(0),
  cycles: ofM365('bms 1b').readUInt16LE(0),
  charges: ofM365('bms 1b').readUInt16LE(2),
  productionDate: date(ofM365('bms 20').readUInt16LE(0)),
  cellWords: wordsIn(ofM365('cells')),
  restingStatus: ofM365('b0 47%').readUInt16LE(4),
  'currentA.resting':
    ofM365('bms 31, m365 at rest: 6705 mAh, 85 %, 0.00 A, 39.60 V, 27 C').readInt16LE(4) / 100,
  'speedLimits.normalKmh': ofM365('73 20000/10000').readUInt16LE(0) / 1000,
  'speedLimits.ecoKmh': ofM365('73 20000/10000').readUInt16LE(2) / 1000,
};

/** Captures that hold a fact: of which model and generations, and its value in the fixture. */
const CAPTURES: readonly (readonly [model: string, facts: ModelFacts, values: typeof M365])[] = [
  [
    'm365, plain',
    factsOf('m365', 'plain'),
    {
      ...M365,
      'firmware.esc': version(ofM365('17..21').readUInt16LE(6)),
      'firmware.bms': version(bmsVersionAndCapacity.readUInt16LE(0)),
    },
  ],
  ['m365, xor', factsOf('m365', 'xor'), M365],
  ['m365, miauth', factsOf('m365', 'miauth'), M365],
  [
    'pro2, miauth',
    factsOf('pro2', 'miauth'),
    {
      serialPrefix: answer('serial number of a Pro 2, decrypted, counter 1, padding eee5ebb5').toString(
        'latin1',
        0,
        5,
      ),
      restingStatus: answer('live block of a Pro 2 at standstill').readUInt16LE(4),
      'currentA.resting': answer('battery of a Pro 2').readInt16LE(4) / 100,
    },
  ],
];

/** Sources whose captures are in the fixtures. */
const IN_FIXTURES = ['captures', 'camiAlfa'];

describe.each(CAPTURES)('a captured fact (%s)', (_, facts, values) => {
  const captured = factsIn(facts).filter(
    ([, { grade, source = '' }]) => grade === 'captured' && IN_FIXTURES.includes(source),
  );

  it('has the value of its capture', () => {
    expect(Object.fromEntries(captured.map(([path, { value }]) => [path, value]))).toEqual(values);
  });
});

it('a fact is captured only for the model that the capture is from', () => {
  const tested = new Set<ModelFacts>(CAPTURES.map(([, facts]) => facts));
  for (const { generations } of Object.values(MODEL_DATA)) {
    for (const facts of Object.values<ModelFacts>(generations)) {
      if (tested.has(facts)) continue;
      const sources = factsIn(facts).flatMap(([path, { grade, source }]) =>
        grade === 'captured' ? [[path, source]] : [],
      );
      expect(sources.filter(([, source = '']) => [...IN_FIXTURES, 'haDowng'].includes(source))).toEqual([]);
    }
  }
});

it('values from a MiAuth scooter of an unstated model are those of its answers', () => {
  const { batteryStatus, currentA, chargingCellsV } = factsOf('1s', 'miauth');
  const cells = answer('cells while charging');
  const current = answer('current and voltage while charging: -1.73 A, 38.33 V');
  expect(batteryStatus.idle.value).toBe(answer('battery status when idle').readUInt16LE(0));
  expect(batteryStatus.charging.value).toBe(answer('battery status while charging').readUInt16LE(0));
  expect(currentA.charging.value).toBe(current.readInt16LE(0) / 100);
  expect(chargingCellsV.value).toEqual(
    Array.from({ length: 10 }, (_, index) => cells.readUInt16LE(2 * index) / 1000),
  );
});
