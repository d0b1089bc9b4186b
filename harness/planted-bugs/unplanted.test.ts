import { afterEach, expect, it } from 'vitest';
import type { Play } from './plays.ts';
import { playNamed } from './testing/bugs.ts';
import { Unplanted } from './unplanted.ts';

const player = new URL('../scenario/player/testing/fake-child.ts', import.meta.url);
const { signal } = new AbortController();

/** A play of the fake process, which knows what to do by the path. */
function fakePlay(path: string): Play {
  return { ...playNamed(path), origin: { kind: 'file', path } };
}

let unplanted = new Unplanted({ player }, signal);
afterEach(async () => {
  await unplanted.end();
  unplanted = new Unplanted({ player }, signal);
});

it('tells runs that pass without a bug from those that do not, however many ask at once', async () => {
  const plays = ['a', 'exits', 'a', 'exits', 'b'].map(fakePlay);
  const passed = await Promise.all(plays.map((play) => unplanted.passes(play)));
  expect(passed).toEqual([true, false, true, false, true]);
});

it('plays a run once, and reports its failure once', async () => {
  for (const play of [fakePlay('exits'), fakePlay('exits')]) expect(await unplanted.passes(play)).toBe(false);
  expect(unplanted.failures).toEqual(['exits: Ended with exit code 3']);
});
