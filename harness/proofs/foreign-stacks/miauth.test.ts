import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemRandom } from '../../../client/random.ts';
import { type RegisterMessage, readRequest } from '../../../protocol/message.ts';
import { encodePlainFrame } from '../../../protocol/plain-frame.ts';
import { PROBED_BYTES } from '../../../protocol/xor-keystream.ts';
import type { FirmwareEvent } from '../../../simulator/firmware/firmware.ts';
import { keystreamOf } from '../../../simulator/firmware/keystream.ts';
import { VirtualScooter } from '../../../simulator/scooter.ts';
import { AirServer } from '../../commands/sim/air-server.ts';
import { hasPythonModules, PYTHON_ADVICE, PYTHON_ENV } from './python.ts';

const PROGRAM = fileURLToPath(new URL('./miauth-m365.py', import.meta.url));
const ADDRESS = 'c8:f0:9e:00:00:01';
/** Reads of a serial number, of the live block, and of the battery. */
const READS: readonly RegisterMessage[] = [
  readRequest('esc', 0x10, 14),
  readRequest('esc', 0xb0, 32),
  readRequest('bms', 0x31, 10),
];

const isInstalled = hasPythonModules('miauth', 'bumble');
if (!isInstalled) process.stderr.write(`skipping tests with miauth: ${PYTHON_ADVICE}\n`);

let air: AirServer;
let scooter: VirtualScooter;
let replies: Buffer[];

beforeEach(async () => {
  replies = [];
  air = await AirServer.open({ address: ADDRESS, h4: ['tcp:127.0.0.1:0'], log: () => undefined });
  scooter = new VirtualScooter({
    adapter: air.adapter,
    address: ADDRESS,
    generation: 'xor',
    random: systemRandom.bytes,
    onEvent: (event: FirmwareEvent) => {
      if (event.type === 'replied') replies.push(event.data);
    },
  });
  await scooter.start();
});

afterEach(async () => {
  scooter.close();
  await air.close();
});

/** Runs miauth; resolves to what it prints. */
async function runMiauth(): Promise<{ readonly key: string; readonly replies: readonly string[] }> {
  const [name = ''] = air.names;
  const commands = READS.map((request) => encodePlainFrame(request).subarray(0, -2).toString('hex'));
  const transport = name.replace('tcp:', 'tcp-client:');
  const { stdout } = await promisify(execFile)('python3', [PROGRAM, transport, ADDRESS, ...commands], {
    env: PYTHON_ENV,
  });
  return JSON.parse(stdout) as Awaited<ReturnType<typeof runMiauth>>;
}

describe.skipIf(!isInstalled)('miauth, on the Bluetooth host of Bumble', () => {
  it('recovers the keystream of a virtual scooter that XORs its frames, and reads it', async () => {
    const read = await runMiauth();
    expect(read.key).toBe(keystreamOf(1).subarray(0, PROBED_BYTES).toString('hex'));
    expect(read.replies).toEqual(replies.slice(1).map((data) => data.toString('hex')));
    expect(read.replies.map((data) => data.length / 2)).toEqual([14, 32, 10]);
    expect(Buffer.from(read.replies[0] ?? '', 'hex').toString()).toMatch(/^\d{5}\/\d{8}$/);
  });
});
