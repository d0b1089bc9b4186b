import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { COMMANDS } from '../command-table.ts';
import { COMMAND_TABLE, type CommandRow } from './command-table.ts';
import { bytesOf, complete, HANDLE, Rig, status } from './rig.ts';

const UNKNOWN_HANDLES = ['4100', '0000', 'ff0e', '000f', 'ffff'];

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});
afterEach(() => rig.close());

/** The answer to a rejected command: zeros for everything except the handle. */
function rejection(
  { opcode, answeredBy, hasHandle, result = '' }: CommandRow,
  code: string,
  handle = HANDLE,
): string {
  if (answeredBy) return status(opcode, code);
  const known = hasHandle ? handle : '';
  return complete(opcode, code, known.padEnd(Math.max(result.length, known.length), '0'));
}

const ROWS = COMMAND_TABLE.map((row) => ({
  ...row,
  title: `${row.name} (Bluetooth Core Vol 4 Part E, ${row.section})`,
}));

describe('a command', () => {
  it('is in the table exactly if it is implemented', () => {
    expect(COMMAND_TABLE.map(({ opcode }) => opcode)).toEqual(Object.keys(COMMANDS).map(Number));
    for (const { opcode, name, section } of COMMAND_TABLE)
      expect(COMMANDS[opcode]).toMatchObject({ name, section });
  });

  it.each(ROWS)('$title is answered', async (row) => {
    const { opcode, situation = 'idle', parameters, result, events = [] } = row;
    await rig.enter(situation);
    const answer = row.answeredBy ? status(opcode, '00') : complete(opcode, '00', result);
    expect(rig.exchange(opcode, parameters)).toEqual([answer, ...events]);
  });

  it.each(ROWS)('$title is rejected with 0x12 if its length is wrong', async (row) => {
    const { opcode, situation = 'idle', parameters = '' } = row;
    await rig.enter(situation);
    const right = bytesOf(parameters);
    const receive = (length: number, bytes: readonly number[]): string[] => {
      rig.host.controller.receive(Buffer.from([1, opcode & 0xff, opcode >> 8, length, ...bytes]));
      return rig.host.takeReceived();
    };
    const handle = row.hasHandle ? HANDLE : '0000';
    expect(receive(right.length + 1, [...right, 0])).toEqual([rejection(row, '12', handle)]);
    expect(receive(right.length + 1, right)).toEqual([rejection(row, '12', handle)]);
    if (right.length === 0) return;
    expect(receive(right.length - 1, right.slice(0, -1))).toEqual([
      rejection(row, '12', right.length > 2 ? handle : '4000'),
    ]);
    expect(receive(0, [])).toEqual([rejection(row, '12', '0000')]);
  });

  it.each(ROWS.filter(({ hasHandle }) => hasHandle))(
    '$title is rejected with 0x02 if the connection is unknown',
    async (row) => {
      await rig.enter(row.situation ?? 'idle');
      for (const handle of UNKNOWN_HANDLES) {
        const parameters = handle + (row.parameters ?? '').slice(HANDLE.length);
        expect(rig.exchange(row.opcode, parameters)).toEqual([rejection(row, '02', handle)]);
      }
    },
  );

  it('that is unknown is rejected with Command Status 0x01 (Bluetooth Core Vol 4 Part E, 7.7.15)', () => {
    const known = new Set(COMMAND_TABLE.map(({ opcode }) => opcode));
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff }),
        fc.uint8Array({ maxLength: 255 }),
        (opcode, parameters) => {
          fc.pre(!known.has(opcode));
          expect(rig.host.command(opcode, [...parameters])).toEqual([status(opcode, '01')]);
        },
      ),
    );
  });

  it('that is truncated before its length is not answered', () => {
    for (const packet of ['01030c', '0103', '01', ''])
      rig.host.controller.receive(Buffer.from(packet, 'hex'));
    expect(rig.host.takeReceived()).toEqual([]);
  });

  it('always allows one further command in its answer (Bluetooth Core Vol 4 Part E, 4.4)', async () => {
    for (const { opcode, situation = 'idle', parameters } of COMMAND_TABLE) {
      await rig.enter(situation);
      const [answer = ''] = rig.exchange(opcode, parameters);
      expect(Number.parseInt(answer.startsWith('040f') ? answer.slice(8, 10) : answer.slice(6, 8), 16)).toBe(
        1,
      );
      rig.exchange(0x0c03);
    }
  });
});
