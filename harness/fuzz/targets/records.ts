import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClientError } from '../../../client/errors.ts';
import { decimal, toJson } from '../../../client/json.ts';
import { checkedJson, SAMPLE_ENCODING, type StoredSample } from '../../../client/outbox/stored-sample.ts';
import { keyOf, parseKey } from '../../../client/outbox/store/tables.ts';
import { decodePause, encodePause, MAX_PAUSE_MS, remainingPauseMs } from '../../../client/pause/pause.ts';
import { printable } from '../../../client/printable.ts';
import { countOf, excluding, includes, including, numbersIn, rangesOf } from '../../../client/ranges.ts';
import { readPendingToken, readToken } from '../../../client/token-file.ts';
import { TOKEN_BYTES } from '../../../protocol/keys.ts';
import { bytes } from '../../../protocol/testing/arbitrary-messages.ts';
import { expectEqual, expectThat, outcomeOf } from '../expect.ts';
import { fuzzTarget, random, type FuzzTarget } from '../target.ts';

/** Damage of a text: a part is replaced by another one. */
const damage = fc.record({
  at: fc.nat(120),
  length: fc.nat(120),
  put: fc.oneof(
    fc.constant(''),
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.constantFrom('\0', ' ', '\n', '0'),
  ),
});
const damaged = (text: string, { at, length, put }: { at: number; length: number; put: string }): string =>
  text.slice(0, at) + put + text.slice(at + length);

const whole = fc.integer({ min: 0, max: 2 ** 50 });
const sample: fc.Arbitrary<StoredSample> = fc.record({
  payload: fc.oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.json()),
  atMs: fc.oneof(whole, fc.constantFrom(0.5, 1234.5678, 1e-7)),
  wallMs: fc.integer({ min: -(2 ** 50), max: 2 ** 50 }),
  clockSynced: fc.boolean(),
});
const row = fc.record({ id: fc.string(), segments: fc.array(fc.tuple(whole, whole)), last: whole });
const ROW_ENCODING = checkedJson<unknown>('start');

/** Expects that damage is noticed; a checksum of 32 bits notices all but one in four billion. */
const records = fuzzTarget({
  name: 'store-records',
  about: 'records of the store: decode to what was encoded, and after any damage to that or to nothing',
  inputs: random(fc.record({ sample, row, damage, boot: fc.nat(), number: fc.nat() })),
  check: ({ sample: stored, row: storedRow, damage: change, boot, number }) => {
    for (const [encoding, value] of [
      [SAMPLE_ENCODING, stored],
      [ROW_ENCODING, storedRow],
    ] as const) {
      const text = encoding.encode(value as StoredSample);
      expectEqual('decodes to what was encoded', encoding.decode(text), value);
      const changed = encoding.decode(damaged(text, change));
      // Undamaged, or only the number of the checksum is written in another way.
      if (changed !== undefined) expectEqual('decodes a damaged record', changed, value);
    }
    const key = keyOf(boot, number);
    expectEqual('has the key', parseKey(key), { boot, number });
    const changed = parseKey(damaged(key, change));
    if (changed) expectEqual('is a key', keyOf(changed.boot, changed.number).length, key.length);
  },
  runs: 250,
});

const operations = fc.array(fc.record({ adds: fc.boolean(), number: fc.nat(40) }), { maxLength: 60 });

const ranges = fuzzTarget({
  name: 'ranges',
  about: 'sets of sequence numbers as ranges: the same numbers as in a set, in as few ranges as possible',
  inputs: random(operations),
  check: (all) => {
    const expected = new Set<number>();
    let actual = rangesOf([]);
    for (const { adds, number } of all) {
      if (adds) expected.add(number);
      else expected.delete(number);
      actual = adds ? including(actual, number) : excluding(actual, number);
      expectEqual('includes', includes(actual, number), adds);
    }
    const numbers = [...expected].toSorted((a, b) => a - b);
    expectEqual('has the numbers', [...numbersIn(actual)], numbers);
    expectEqual('has the count', countOf(actual), numbers.length);
    expectEqual('has as few ranges as possible', actual, rangesOf(numbers));
  },
  runs: 250,
});

const moment = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 });
const pauseText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.json(),
  fc
    .record({
      from: fc.oneof(fc.constantFrom('2026-05-04T06:00:00Z', '2026-02-31T00:00:00Z', ''), fc.string()),
      until: fc.oneof(
        fc.constantFrom('2026-05-04T07:00:00Z', '9999-12-31T23:59:59Z', '2026'),
        fc.jsonValue(),
      ),
    })
    .map((value) => JSON.stringify(value)),
);

const pause = fuzzTarget({
  name: 'pause-file',
  about: 'the file of a pause, with any text: a pause of at most a day, or none, whatever the clock says',
  inputs: random(
    fc.record({
      fromMs: moment,
      lengthMs: fc.integer({ min: -10, max: 2 * MAX_PAUSE_MS }),
      text: pauseText,
      damage,
      wallMs: moment,
    }),
  ),
  check: ({ fromMs, lengthMs, text, damage: change, wallMs }) => {
    const untilMs = Math.min(fromMs + lengthMs, 253_402_300_799_999);
    const encoded = encodePause({ fromMs, untilMs });
    const isValid = untilMs > fromMs && untilMs - fromMs <= MAX_PAUSE_MS;
    expectEqual(
      'decodes to what was encoded',
      decodePause(encoded),
      isValid ? { fromMs, untilMs } : undefined,
    );
    for (const each of [text, damaged(encoded, change)]) {
      const decoded = decodePause(each);
      if (!decoded) continue;
      const remainingMs = remainingPauseMs(decoded, wallMs);
      expectThat(Number.isFinite(remainingMs) && remainingMs <= MAX_PAUSE_MS, 'pauses for more than a day');
    }
  },
  runs: 150,
});

const token = fuzzTarget({
  name: 'token-file',
  about:
    'a token file with any contents: its 12 bytes, or an error that says what to do and no byte of the file',
  inputs: random(fc.oneof(bytes(TOKEN_BYTES), bytes(0, 40))),
  check: (content) => {
    const folder = mkdtempSync(join(tmpdir(), 'martinete-token-'));
    const path = join(folder, 'token');
    try {
      writeFileSync(path, content);
      writeFileSync(`${path}.pending`, content);
      const read = outcomeOf(
        () => readToken(path),
        (error) => (error instanceof ClientError && error.code === 'config' ? error.message : undefined),
      );
      const isValid = content.length === TOKEN_BYTES;
      expectEqual('is read', typeof read !== 'string', isValid);
      if (typeof read !== 'string') expectEqual('is the token', read, content);
      else if (content.length > 3) expectThat(!read.includes(content.toString('hex')), 'shows its contents');
      expectEqual('is pending', readPendingToken(path), isValid ? content : undefined);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  runs: 30,
});

const anyText = fc.string({ unit: 'binary', maxLength: 40 });

const texts = fuzzTarget({
  name: 'texts',
  about: 'text and numbers from outside in JSON and on a terminal: nothing is lost, and nothing is obeyed',
  inputs: random(
    fc.record({
      values: fc.dictionary(fc.string(), fc.oneof(anyText, fc.double(), fc.boolean())),
      text: anyText,
    }),
  ),
  check: ({ values, text }) => {
    const decimals = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        typeof value === 'number' ? decimal(value) : value,
      ]),
    );
    // Like any other JSON, but for the way in which a number is written.
    expectEqual('is read again', JSON.parse(toJson(decimals)), JSON.parse(JSON.stringify(values)));
    const shown = printable(text);
    expectEqual('is printable', printable(shown), shown);
    expectThat(!/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(shown), 'is obeyed by a terminal');
  },
  runs: 300,
});

/** What the client writes and reads again. */
export const RECORD_TARGETS: readonly FuzzTarget[] = [records, ranges, pause, token, texts];
