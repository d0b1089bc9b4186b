import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { btsnoopHeader, btsnoopRecord } from './btsnoop.ts';

const run = promisify(execFile);
const WALL_MS = 1_777_874_400_250;
const RESET = Buffer.from('01030c00', 'hex');

describe('a btsnoop file', () => {
  it('starts with the identification pattern, version 1 and datalink type H4', () => {
    expect(btsnoopHeader().toString('hex')).toBe(
      Buffer.from('btsnoop\0').toString('hex') + '00000001' + '000003ea',
    );
  });

  it('stores a whole packet, with its time in microseconds since the year 0', () => {
    // The constant of BlueZ and Wireshark for the start of the year 2000.
    const year2000 = Date.UTC(2000, 0, 1);
    expect(btsnoopRecord({ packet: RESET, direction: 'sent', wallMs: year2000 }).toString('hex')).toBe(
      ['00000004', '00000004', '00000002', '00000000', '00e03ab44a676000', '01030c00'].join(''),
    );
    const later = btsnoopRecord({ packet: RESET, direction: 'sent', wallMs: year2000 + 1.234 });
    expect(later.readBigInt64BE(16) - 0x00e03ab44a676000n).toBe(1234n);
  });

  it.each([
    ['a command that is sent', '01030c00', 'sent', 0b10],
    ['data that is sent', '0240000000', 'sent', 0b00],
    ['an event that is received', '040e0401030c00', 'received', 0b11],
    ['data that is received', '0240200000', 'received', 0b01],
  ] as const)('flags %s', (_what, hex, direction, flags) => {
    const packet = Buffer.from(hex, 'hex');
    expect(btsnoopRecord({ packet, direction, wallMs: 0 }).readUInt32BE(8)).toBe(flags);
  });
});

const tshark = await run('tshark', ['--version']).then(
  () => true,
  () => false,
);

/** An ATT packet on connection 0x40, from the host's point of view. */
function att(direction: 'sent' | 'received', hex: string): Parameters<typeof btsnoopRecord>[0] {
  const payload = Buffer.from(hex, 'hex');
  const packet = Buffer.alloc(9);
  packet[0] = 2;
  packet.writeUInt16LE(direction === 'sent' ? 0x0040 : 0x2040, 1);
  packet.writeUInt16LE(payload.length + 4, 3);
  packet.writeUInt16LE(payload.length, 5);
  packet.writeUInt16LE(4, 7);
  return { packet: Buffer.concat([packet, payload]), direction, wallMs: WALL_MS };
}

describe.skipIf(!tshark)(
  `a btsnoop file in Wireshark${tshark ? '' : ' (skipped: tshark is not installed)'}`,
  () => {
    it('shows direction, content and time of every packet', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'martinete-btsnoop-'));
      try {
        const file = join(folder, 'capture.btsnoop');
        const records = [
          { packet: RESET, direction: 'sent', wallMs: WALL_MS } as const,
          {
            packet: Buffer.from('040e0401030c00', 'hex'),
            direction: 'received',
            wallMs: WALL_MS + 1,
          } as const,
          att('sent', '021700'),
          att('received', '031700'),
          att('sent', '0a0300'),
          att('received', '0b4d69'),
        ];
        await writeFile(file, Buffer.concat([btsnoopHeader(), ...records.map(btsnoopRecord)]));
        const fields = ['frame.time_epoch', 'frame.p2p_dir', '_ws.col.Protocol', '_ws.col.Info'];
        const { stdout } = await run('tshark', [
          ...['-r', file, '-T', 'fields', '-E', 'separator=|'],
          ...fields.flatMap((field) => ['-e', field]),
        ]);
        const lines = stdout.trim().split('\n');
        expect(lines).toEqual([
          expect.stringMatching(/^1777874400\.250*\|0\|HCI_CMD\|.*Reset/),
          expect.stringMatching(/^1777874400\.2510*\|1\|HCI_EVT\|.*Command Complete \(Reset\)/),
          expect.stringMatching(/\|0\|ATT\|.*Exchange MTU Request, Client Rx MTU: 23$/),
          expect.stringMatching(/\|1\|ATT\|.*Exchange MTU Response, Server Rx MTU: 23$/),
          expect.stringMatching(/\|0\|ATT\|.*Read Request, Handle: 0x0003/),
          expect.stringMatching(/\|1\|ATT\|.*Read Response, Handle: 0x0003/),
        ]);
      } finally {
        await rm(folder, { recursive: true });
      }
    }, 30_000);
  },
);
