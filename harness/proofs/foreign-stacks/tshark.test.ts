import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeToken } from '../../../client/token-file.ts';
import { encodeAvdtp } from '../../../protocol/avdtp.ts';
import { TOKEN_BYTES } from '../../../protocol/keys.ts';
import { encodeUpnp } from '../../../protocol/upnp.ts';
import { RidingClient } from '../../commands/sim/testing/riding-client.ts';
import { RunningSim } from '../../commands/sim/testing/running-sim.ts';

const TOKEN = Buffer.alloc(TOKEN_BYTES, 7);
/** ATT Write Command. */
const WRITES = 'btatt.opcode == 0x52';
/** UUIDs as Wireshark shows them: 16 bits for Xiaomi, 128 bits for Nordic. */
const [UPNP, AVDTP, UART] = ['0x0010', '0x0019', '6e400002b5a3f393e0a9e50e24dcca9e'];

const hasTshark = spawnSync('tshark', ['--version']).error === undefined;
if (!hasTshark) process.stderr.write('skipping tests with Wireshark: tshark is not installed\n');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'martinete-tshark-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Fields of every packet that matches a display filter, as Wireshark dissects it. */
function dissect(capture: string, filter: string, ...fields: string[]): string[] {
  const wanted = fields.flatMap((field) => ['-e', field]);
  const text = execFileSync('tshark', ['-r', capture, '-Y', filter, '-T', 'fields', ...wanted], {
    stdio: 'pipe',
    encoding: 'utf8',
  });
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => line.split('\t').filter(Boolean).join(' '));
}

describe.skipIf(!hasTshark)('Wireshark', () => {
  it('dissects the writes of a login and of reads in a capture', async () => {
    const [memory, capture] = [join(folder, 'memory'), join(folder, 'login.btsnoop')];
    writeToken(memory, TOKEN, { overwrite: true });
    const ports = ['--h4', 'tcp:127.0.0.1:0', '--broker', 'tcp:127.0.0.1:0'];
    const sim = new RunningSim('--adapter', 'virtual', '--memory', memory, '--btsnoop', capture, ...ports);
    const client = new RidingClient({
      folder,
      adapter: await sim.waitFor(/clients with --adapter (\S+)/),
      mac: 'c8:f0:9e:00:00:01',
      token: TOKEN,
      broker: await sim.waitFor(/broker +listens at (\S+)/),
    });
    await sim.waitFor(/received +#1 /);
    expect(await client.stop()).toBe(0);
    expect(await sim.stop()).toBe(0);

    const announcement = encodeAvdtp({ kind: 'announce', type: 'appRandom', chunkCount: 1 });
    const [first, second] = dissect(capture, WRITES, 'btatt.uuid16', 'btatt.value');
    expect(first).toBe(`${UPNP} ${encodeUpnp('loginStart').toString('hex')}`);
    expect(second).toBe(`${AVDTP} ${announcement.toString('hex')}`);
    const written = dissect(capture, WRITES, 'btatt.uuid16', 'btatt.uuid128');
    const login = written.slice(0, written.indexOf(UART));
    expect(login.length).toBeGreaterThan(4);
    expect(new Set(login)).toEqual(new Set([UPNP, AVDTP]));
    expect(dissect(capture, '_ws.malformed', 'frame.number')).toEqual([]);
  });
});
