import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { TYPESCRIPT_FLAGS } from '../../../typescript-loader/flags.ts';
import { PLAYER_FLAGS } from './player-flags.ts';

/** Major versions of Node.js that the client supports. */
const VERSIONS = [20, 22, 24] as const;
/** Three minutes of random faults. */
const STORY = ['17', '--minutes', '3'];

const REPLAY = fileURLToPath(new URL('../../commands/replay.ts', import.meta.url));
/** Package of the npm registry that contains Node.js, and the folder into which .ci/programs.js installs it. */
const PACKAGE = `node-${process.platform}-${process.arch}`;
const folderOf = (version: number): string => `build/node/${version}`;

const current = Number.parseInt(process.versions.node);
const others = VERSIONS.filter((version) => version !== current);
const missing = others.filter((version) => !existsSync(nodeOf(version)));
if (missing.length > 0) {
  const commands = missing.map(
    (version) => `npm install --prefix ${folderOf(version)} --no-save ${PACKAGE}@${version}`,
  );
  process.stderr.write(`skipping Node.js ${missing.join(' and ')}, not installed: ${commands.join('; ')}\n`);
}

function nodeOf(version: number): string {
  return fileURLToPath(
    new URL(`../../../${folderOf(version)}/node_modules/${PACKAGE}/bin/node`, import.meta.url),
  );
}

/** Plays the story; resolves to the version that played it and the hash of its trace. */
async function play(node: string): Promise<{ readonly major: number; readonly hash: string }> {
  const run = promisify(execFile);
  const [version, story] = await Promise.all([
    run(node, ['--version']),
    run(node, [...PLAYER_FLAGS, ...TYPESCRIPT_FLAGS, REPLAY, ...STORY]),
  ]);
  return {
    major: Number.parseInt(version.stdout.slice(1)),
    hash: /trace ([0-9a-f]{64})/.exec(story.stdout)?.[1] ?? `no hash in: ${story.stdout}`,
  };
}

let playedHere: ReturnType<typeof play> | undefined;

it.for(others.map((version) => ({ version, isMissing: missing.includes(version) })))(
  `Node.js $version plays the trace of Node.js ${current}`,
  async ({ version, isMissing }, { skip }) => {
    skip(isMissing, 'not installed');
    const [here, there] = await Promise.all([(playedHere ??= play(process.execPath)), play(nodeOf(version))]);
    expect(here).toEqual({ major: current, hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
    expect(there).toEqual({ major: version, hash: here.hash });
  },
);
