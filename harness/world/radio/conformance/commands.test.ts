import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { COMMANDS } from '../commands.ts';
import { COMMAND_TABLE, type CommandRow } from './command-table.ts';
import { bytesOf, complete, HANDLE, Scene, status } from './scene.ts';

const NO_SUCH_HANDLES = ['4100', '0000', 'ff0e', '000f', 'ffff'];

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

/** The answer with which a command is refused: with zeros for everything but the handle that it was about. */
function refusal(
  { opcode, answeredBy, hasHandle, result = '' }: CommandRow,
  code: string,
  handle = HANDLE,
): string {
  if (answeredBy) return status(opcode, code);
  const known = hasHandle ? handle : '';
  return complete(opcode, code, known.padEnd(Math.max(result.length, known.length), '0'));
}

const entitled = COMMAND_TABLE.map((row) => ({
  ...row,
  title: `${row.name} (Bluetooth Core Vol 4 Part E, ${row.section})`,
}));

describe('a command', () => {
  it('stands in the table exactly if it is answered', () => {
    expect(COMMAND_TABLE.map(({ opcode }) => opcode)).toEqual(Object.keys(COMMANDS).map(Number));
    for (const { opcode, name, section } of COMMAND_TABLE)
      expect(COMMANDS[opcode]).toMatchObject({ name, section });
  });

  it.each(entitled)('$title is answered', async (row) => {
    const { opcode, situation = 'idle', parameters, result, events = [] } = row;
    await scene.bring(situation);
    const answer = row.answeredBy ? status(opcode, '00') : complete(opcode, '00', result);
    expect(scene.say(opcode, parameters)).toEqual([answer, ...events]);
  });

  it.each(entitled)('$title is refused with 0x12 where its length is wrong', async (row) => {
    const { opcode, situation = 'idle', parameters = '' } = row;
    await scene.bring(situation);
    const right = bytesOf(parameters);
    const receive = (length: number, bytes: readonly number[]): string[] => {
      scene.host.controller.receive(Buffer.from([1, opcode & 0xff, opcode >> 8, length, ...bytes]));
      return scene.host.takeReceived();
    };
    const handle = row.hasHandle ? HANDLE : '0000';
    expect(receive(right.length + 1, [...right, 0])).toEqual([refusal(row, '12', handle)]);
    expect(receive(right.length + 1, right)).toEqual([refusal(row, '12', handle)]);
    if (right.length === 0) return;
    expect(receive(right.length - 1, right.slice(0, -1))).toEqual([
      refusal(row, '12', right.length > 2 ? handle : '4000'),
    ]);
    expect(receive(0, [])).toEqual([refusal(row, '12', '0000')]);
  });

  it.each(entitled.filter(({ hasHandle }) => hasHandle))(
    '$title is refused with 0x02 where there is no such connection',
    async (row) => {
      await scene.bring(row.situation ?? 'idle');
      for (const handle of NO_SUCH_HANDLES) {
        const parameters = handle + (row.parameters ?? '').slice(HANDLE.length);
        expect(scene.say(row.opcode, parameters)).toEqual([refusal(row, '02', handle)]);
      }
    },
  );

  it('that no one knows is refused with Command Status 0x01 (Bluetooth Core Vol 4 Part E, 7.7.15)', () => {
    const known = new Set(COMMAND_TABLE.map(({ opcode }) => opcode));
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff }),
        fc.uint8Array({ maxLength: 255 }),
        (opcode, parameters) => {
          fc.pre(!known.has(opcode));
          expect(scene.host.command(opcode, [...parameters])).toEqual([status(opcode, '01')]);
        },
      ),
    );
  });

  it('that is cut off before its length is not answered', () => {
    for (const packet of ['01030c', '0103', '01', ''])
      scene.host.controller.receive(Buffer.from(packet, 'hex'));
    expect(scene.host.takeReceived()).toEqual([]);
  });

  it('says always how many more may follow: at least one (Bluetooth Core Vol 4 Part E, 4.4)', async () => {
    for (const { opcode, situation = 'idle', parameters } of COMMAND_TABLE) {
      await scene.bring(situation);
      const [answer = ''] = scene.say(opcode, parameters);
      expect(Number.parseInt(answer.startsWith('040f') ? answer.slice(8, 10) : answer.slice(6, 8), 16)).toBe(
        1,
      );
      scene.say(0x0c03);
    }
  });
});
