import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../random.ts';
import { ArbitraryAdvertisers } from './arbitrary-advertisers.ts';
import { Controller } from './controller.ts';
import { Bench } from './testing/bench.ts';
import { PI } from './testing/devices.ts';
import { leEventsOf, record } from './testing/recording.ts';

const ADVERTISING_REPORT = 0x02;
/** Offset of the address, and of the data with its length, in an advertising report with H4 type, header and subevent. */
const ADDRESS_AT = 7;
const DATA_AT = 14;

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.close());

async function reports(seed: number): Promise<Buffer[]> {
  const scanner = new Controller(bench.air, { identity: PI });
  const packets = record(scanner);
  scanner.receive(Buffer.from('01010c08ffffffffffffffff', 'hex'));
  scanner.scan(true, false);
  const advertisers = new ArbitraryAdvertisers(bench.air, seededRandom(seed), 5);
  for (let change = 0; change < 200; change += 1) {
    advertisers.next();
    await bench.clock.advance(100);
  }
  advertisers.leave();
  const received = leEventsOf(packets, ADVERTISING_REPORT).map(({ bytes }) => bytes);
  await bench.clock.advance(1_000);
  expect(leEventsOf(packets, ADVERTISING_REPORT)).toHaveLength(received.length);
  bench.air.remove(scanner);
  return received;
}

/** Whether the structures of an advertisement fill it exactly. */
function isWellFormed(data: Buffer): boolean {
  let at = 0;
  while (at < data.length) at += 1 + (data[at] ?? 0);
  return at === data.length;
}

describe('devices that advertise arbitrary data', () => {
  it('are heard until they leave, with well-formed data and with others', async () => {
    const received = await reports(1);
    const addresses = new Set(received.map((report) => report.toString('hex', ADDRESS_AT, ADDRESS_AT + 6)));
    expect(addresses.size).toBe(5);
    const data = received.map((report) => report.subarray(DATA_AT, DATA_AT + (report[DATA_AT - 1] ?? 0)));
    expect(new Set(data.map((bytes) => bytes.toString('hex'))).size).toBeGreaterThan(50);
    expect(new Set(data.map(isWellFormed))).toEqual(new Set([true, false]));
  });
});
