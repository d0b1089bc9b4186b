import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Copies } from './copy.ts';
import { playAll } from './play-all.ts';
import type { BugResult } from './play-bug.ts';
import { allPlays } from './plays.ts';
import { bugNamed } from './testing/bugs.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Real time: ends a process that hangs. */
const TIMEOUT_MS = 1_800_000;

const BUGS = [
  bugNamed('publishes-at-qos-0', {
    edits: [
      {
        file: 'client/uplink/publish-format.ts',
        find: 'const qos = wantedQos === 1 ? maxQos : 0;',
        replace: 'const qos: 0 | 1 = 0;',
      },
    ],
  }),
  bugNamed('throws-at-start', {
    edits: [
      {
        file: 'client/backoff.ts',
        find: 'export class Backoff {',
        replace: "throw new Error('no backoff');\nexport class Backoff {",
      },
    ],
  }),
];

describe('a compiled copy of the project', () => {
  let copies: Copies;
  beforeAll(() => (copies = new Copies(ROOT)));
  afterAll(() => copies.remove());

  const backoffIn = (player: URL): string =>
    readFileSync(join(dirname(fileURLToPath(player)), '../../../client/backoff.js'), 'utf8');

  it('has a bug in its file alone, leaves the original as it is, and is removed after use', async () => {
    const [, bug = bugNamed('none')] = BUGS;
    const planted = await copies.withBug(bug, ({ player }) => {
      expect(backoffIn(player)).toContain('no backoff');
      expect(backoffIn(copies.original.player)).not.toContain('no backoff');
      return Promise.resolve(player);
    });
    expect(existsSync(planted)).toBe(false);
    expect(existsSync(copies.original.player)).toBe(true);
  });

  it('has a bug of the protocol in the client alone', async () => {
    const bug = bugNamed('throws-in-protocol', {
      edits: [
        {
          file: 'protocol/errors.ts',
          find: 'export class ProtocolError',
          replace: "throw new Error('no protocol');\nexport class ProtocolError",
        },
      ],
    });
    await copies.withBug(bug, ({ player }) => {
      const read = (name: string): string =>
        readFileSync(join(dirname(fileURLToPath(player)), '../../..', name), 'utf8');
      expect(read('client-protocol/errors.js')).toContain('no protocol');
      expect(read('protocol/errors.js')).not.toContain('no protocol');
      expect(read('client/scooter/poll.js')).not.toContain('../protocol/');
      return Promise.resolve();
    });
  });

  it('plays bugs, to which guarantees or nothing but a crash objects', async () => {
    const results: BugResult[] = [];
    const plays = allPlays({ seeds: 1, minutes: 2 }).filter(({ name }) =>
      ['broker-restarted', 'campaign 1 of 2 min'].includes(name),
    );
    const failures = await playAll(BUGS, plays, {
      copies,
      records: {},
      isUntilGuarantee: true,
      jobs: 1,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      onEnd: (result) => results.push(result),
    });
    expect(failures).toEqual([]);
    expect(results).toMatchObject([
      { guarantee: { by: 'guarantee', play: expect.any(String) as string } },
      { first: { by: 'crash', what: ['Ended with exit code 1'] }, guarantee: null, plays: 2 },
    ]);
    expect(results[1]?.headlines.join()).toContain('exit code 1');
  });
});

it('a folder without the sources of the project cannot be copied', () => {
  expect(() => new Copies('/nonexistent')).toThrow('ENOENT');
});
