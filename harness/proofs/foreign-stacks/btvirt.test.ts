import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeToken } from '../../../client/token-file.ts';
import { TOKEN_BYTES } from '../../../protocol/keys.ts';
import { Air } from '../../world/radio/air.ts';
import { H4Server } from '../../world/radio/h4-server.ts';
import { RidingClient } from '../../commands/sim/testing/riding-client.ts';
import { RunningSim } from '../../commands/sim/testing/running-sim.ts';
import { seededRandom } from '../../world/random.ts';
import { Btvirt, btvirtUnavailableReason } from './btvirt.ts';
import { recordConversation, type Conversation } from './conversation.ts';
import { differences } from './difference.ts';

/** Addresses of btvirt's first two controllers, in order. */
const ADDRESSES = ['00:aa:01:00:00:42', '00:aa:01:01:00:42'];

const TOKEN = Buffer.alloc(TOKEN_BYTES, 7);
const HOSTS = ['central', 'peripheral'] as const;

const NO_EFFECT = 'disabling what is disabled has no effect (Core Vol 4 Part E, 7.8.9 and 7.8.11)';
const OWN_CHOICE = 'a choice of the implementation';
const NO_RADIO = 'btvirt has no radio to measure a signal strength';

interface Expected {
  readonly ours: string;
  readonly theirs: string;
  readonly why: string;
}

const MANUFACTURER: Expected = {
  ours: 'Command Complete, Read Local Version Information: 0009000009ffff0000',
  theirs: 'Command Complete, Read Local Version Information: 0009000009f1050000',
  why: `the manufacturer: ${OWN_CHOICE}`,
};
const BUFFERS: Expected = {
  ours: 'Command Complete, LE Read Buffer Size: 001b0008',
  theirs: 'Command Complete, LE Read Buffer Size: 00c00001',
  why: `eight buffers of 27 bytes, one of 192: ${OWN_CHOICE}`,
};
const DISCONNECTED: Expected = {
  ours: 'Disconnection Complete: 0016',
  theirs: 'Disconnection Complete: 0013',
  why: 'the end that disconnects gets "by local host", not the reason that it gave (Core Vol 1 Part F, 2.22)',
};

/** Known differences between btvirt and our controllers, each at its first occurrence, and why. */
const EXPECTED: Readonly<Record<keyof Conversation, readonly Expected[]>> = {
  peripheral: [
    MANUFACTURER,
    BUFFERS,
    {
      ours: 'Command Complete, LE Set Advertising Enable: 00',
      theirs: 'Command Complete, LE Set Advertising Enable: 0c',
      why: NO_EFFECT,
    },
    DISCONNECTED,
  ],
  central: [
    MANUFACTURER,
    {
      ours: 'Command Complete, LE Set Scan Enable: 00',
      theirs: 'Command Complete, LE Set Scan Enable: 0c',
      why: NO_EFFECT,
    },
    BUFFERS,
    {
      ours: 'LE Advertising Report: 01000042000001aa0003020106c4',
      theirs: 'LE Advertising Report: 01000042000001aa00030201067f',
      why: NO_RADIO,
    },
    {
      ours: 'LE Advertising Report: 01040042000001aa000605096563686fc4',
      theirs: 'LE Advertising Report: 01040042000001aa000605096563686f7f',
      why: NO_RADIO,
    },
    DISCONNECTED,
  ],
};

const obstacle = btvirtUnavailableReason();
if (obstacle !== undefined) process.stderr.write(`skipping tests against BlueZ controllers: ${obstacle}\n`);

describe.skipIf(obstacle)('our controllers, and those of BlueZ,', () => {
  let ours: Conversation;
  let theirs: Conversation;

  beforeAll(async () => {
    const server = await H4Server.listen('tcp:127.0.0.1:0', {
      air: new Air({ random: seededRandom(1).unit }),
      identity: (connection) => ({ address: ADDRESSES[connection - 1] ?? '', type: 'public' }),
      log: () => undefined,
    });
    try {
      ours = await recordConversation(server.name);
    } finally {
      await server.close();
    }
  });

  beforeAll(async () => {
    const btvirt = await Btvirt.start();
    try {
      theirs = await recordConversation(btvirt.name);
    } finally {
      await btvirt.close();
    }
  });

  it.each(HOSTS)('make the host of a %s send the same bytes', (host) => {
    expect(ours[host].sent.length).toBeGreaterThan(30);
    expect(ours[host].sent).toEqual(theirs[host].sent);
  });

  it.each(HOSTS)('send the host of a %s the same events, except for known differences', (host) => {
    const found = differences(ours[host].received, theirs[host].received).map((each) => JSON.stringify(each));
    const known = EXPECTED[host].map(({ ours, theirs }) => JSON.stringify({ ours, theirs }));
    expect([...new Set(found)]).toEqual(known);
  });
});

describe.skipIf(obstacle)('the controllers of BlueZ', () => {
  let folder: string;
  let btvirt: Btvirt;
  const running: { stop(): Promise<number> }[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'martinete-btvirt-'));
    btvirt = await Btvirt.start();
  });

  afterAll(async () => {
    for (const one of running.reverse()) await one.stop();
    await btvirt.close();
    rmSync(folder, { recursive: true });
  });

  it('connect the virtual scooter and the production client, which logs in and publishes samples', async () => {
    const { name: adapter } = btvirt;
    const memory = join(folder, 'memory');
    writeToken(memory, TOKEN, { overwrite: true });
    const sim = new RunningSim('--adapter', adapter, '--memory', memory, '--broker', 'tcp:127.0.0.1:0');
    running.push(sim);
    const broker = await sim.waitFor(/broker +listens at (\S+)/);
    await sim.waitFor(/scooter +.* advertises/);
    const [mac = ''] = ADDRESSES;
    const client = new RidingClient({ folder, adapter, mac, token: TOKEN, broker });
    running.push(client);
    await sim.waitFor(/scooter +client logged in/);
    await sim.waitFor(/received +#3 /);
    expect(await client.stop()).toBe(0);
  });
});
