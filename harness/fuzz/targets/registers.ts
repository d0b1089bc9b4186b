import fc from 'fast-check';
import { type Device, isReplyTo, MAX_READ_BYTES, readRequest, replyTo } from '../../../protocol/message.ts';
import { blockReads, joinReplies } from '../../../protocol/registers/block-reads.ts';
import { decodeBlock, decodeRegister, encodeRegister } from '../../../protocol/registers/codec.ts';
import type { Row } from '../../../protocol/registers/row.ts';
import { type Block, BLOCKS, ROWS } from '../../../protocol/registers/table.ts';
import { bytes } from '../../../protocol/testing/arbitrary-messages.ts';
import { anyValueOf } from '../../../protocol/testing/arbitrary-values.ts';
import { KEYSTREAM_PROBE } from '../../../protocol/xor-keystream.ts';
import { MODELS } from '../../../simulator/models/models.ts';
import { expectEqual, expectThat, inAnyMemory, outcomeOf } from '../expect.ts';
import { fuzzTarget, random, type FuzzTarget } from '../target.ts';

const UNITS = [...new Set(Object.values(MODELS).map(({ tripUnitM }) => tripUnitM))];

/** Name of a row in an input, which stays when others are added. */
const nameOf = ({ device, title }: Row): string => `${device}: ${title}`;
const rowsByName = new Map(ROWS.map((row) => [nameOf(row), row]));

function rowOf(name: string): Row {
  const row = rowsByName.get(name);
  if (!row) throw new Error(`there is no row ${name}`);
  return row;
}

/** Numbers of at most two bytes, versions and dates: few enough to try every value. */
const SHORT_ROWS = ROWS.filter(({ bytes: count }) => count <= 2);
const RAW_VALUES = 0x10000;
/** Odd, so that its multiples are all values. */
const STRIDE = 40_503;

/** Decodes the bytes of a row, and expects that its value encodes to them, or that it must not be written. */
function checkRow(row: Row, raw: Buffer): void {
  for (const tripUnitM of UNITS) {
    const units = { tripUnitM };
    const value = inAnyMemory(raw, (each) => decodeRegister(row, each, units));
    if (typeof value === 'number') expectThat(Number.isFinite(value), `${row.title} is no number`);
    const encoded = outcomeOf(() => encodeRegister(row, value, units));
    if (typeof encoded === 'string') expectEqual('refuses a value', encoded, 'range');
    else expectEqual('decodes to the same value', decodeRegister(row, encoded, units), value);
    if (row.kind === 'number' && typeof encoded !== 'string')
      expectEqual('encodes to what was read', encoded, raw);
  }
}

const values = fuzzTarget({
  name: 'register-values',
  about:
    'every raw value of every register of up to two bytes: decodes, and encodes to the same or not at all',
  inputs: {
    kind: 'all',
    count: SHORT_ROWS.length * RAW_VALUES,
    // The rows in turn, and values all over their range, so that each part has some of all.
    at: (index) => ({
      row: nameOf(SHORT_ROWS[index % SHORT_ROWS.length] ?? rowOf('')),
      raw: (Math.floor(index / SHORT_ROWS.length) * STRIDE) % RAW_VALUES,
    }),
  },
  check: ({ row: name, raw }) => {
    const row = rowOf(name);
    checkRow(row, row.bytes === 1 ? Buffer.of(raw & 0xff) : Buffer.of(raw & 0xff, raw >> 8));
  },
  runs: 600,
});

const rows = fuzzTarget({
  name: 'registers',
  about:
    'any value and any bytes of any register: a value arrives unchanged, a reply belongs to its request alone, ' +
    'another size is an error',
  inputs: random(
    fc.constantFrom(...ROWS).chain((row) =>
      fc.record({
        row: fc.constant(nameOf(row)),
        value: anyValueOf(row),
        raw: bytes(row.bytes),
        other: bytes(0, 2 * row.bytes),
        otherRegister: fc.nat(0xff),
      }),
    ),
  ),
  check: ({ row: name, value, raw, other, otherRegister }) => {
    const row = rowOf(name);
    const encoded = encodeRegister(row, value);
    expectEqual('arrives unchanged', decodeRegister(row, encoded), value);
    checkRow(row, raw);
    const ofOther = outcomeOf(() => decodeRegister(row, other));
    if (other.length !== row.bytes) expectEqual('of another size', ofOther, 'length');
    const request = readRequest(row.device, row.register, row.bytes);
    const reply = replyTo(row.device, request, encoded);
    expectThat(isReplyTo(request, reply), 'does not accept its reply');
    const stray = { ...reply, register: otherRegister };
    expectEqual('accepts another reply', isReplyTo(request, stray), otherRegister === row.register);
  },
  runs: 400,
});

const ALL_BLOCKS: Readonly<Record<string, Block>> = { ...BLOCKS, keystreamProbe: KEYSTREAM_PROBE };
const block = fc.constantFrom(...Object.entries(ALL_BLOCKS));

const blocks = fuzzTarget({
  name: 'register-blocks',
  about:
    'any contents of any block, read whole or in parts of any size: the same values, or an error if one is missing',
  inputs: random(
    block.chain(([name, { bytes: size }]) =>
      fc.record({
        block: fc.constant(name),
        memory: bytes(size),
        maxBytes: fc.integer({ min: 4, max: MAX_READ_BYTES }),
        missing: fc.nat(20),
        wrong: bytes(0, 64),
      }),
    ),
  ),
  check: ({ block: name, memory, maxBytes, missing, wrong }) => {
    const whole = ALL_BLOCKS[name];
    if (!whole) throw new Error(`there is no block ${name}`);
    const reads = blockReads(whole, maxBytes);
    const replies = new Map(
      reads.map((read) => {
        const start = 2 * (read.request.register - whole.register);
        const [count = 0] = read.request.data;
        expectThat(count > 0 && count <= maxBytes && start + count <= whole.bytes, 'reads outside the block');
        return [read, memory.subarray(start, start + count)];
      }),
    );
    const joined = joinReplies(reads, replies);
    expectThat(joined !== undefined, 'is not joined');
    expectEqual('has the same values', decodeBlock(whole, joined), decodeBlock(whole, memory));
    const left = reads[missing % reads.length];
    if (left) replies.delete(left);
    expectEqual('without one of the replies', joinReplies(reads, replies), undefined);
    const decoded = outcomeOf(() => inAnyMemory(wrong, (each) => decodeBlock(whole, each)));
    if (wrong.length !== whole.bytes) expectEqual('of another size', decoded, 'length');
  },
  runs: 200,
});

const message = fuzzTarget({
  name: 'messages',
  about: 'requests with any numbers: a read that a scooter can answer, or a typed error',
  inputs: random(
    fc.record({
      device: fc.constantFrom<Device>('ble', 'esc', 'bms'),
      register: fc.integer({ min: -1, max: 0x101 }),
      byteCount: fc.oneof(fc.integer({ min: -1, max: 300 }), fc.constantFrom(0.5, 1e9)),
      data: bytes(0, 64),
    }),
  ),
  check: ({ device, register, byteCount, data }) => {
    const request = outcomeOf(() => readRequest(device, register, byteCount));
    const isValid = Number.isInteger(byteCount) && byteCount >= 1 && byteCount <= MAX_READ_BYTES;
    if (typeof request === 'string') {
      expectEqual('refuses a read', [request, isValid], ['range', false]);
      return;
    }
    expectThat(isValid, 'requests more than a scooter answers');
    expectEqual(
      'accepts a reply of another size',
      isReplyTo(request, replyTo(device, request, data)),
      [data.length].includes(byteCount),
    );
  },
  runs: 500,
});

/** The register table and its codec. */
export const REGISTER_TARGETS: readonly FuzzTarget[] = [values, rows, blocks, message];
