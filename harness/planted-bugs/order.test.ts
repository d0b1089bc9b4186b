import { expect, it } from 'vitest';
import { orderPlays } from './order.ts';
import type { Play } from './plays.ts';
import { EXPECTATION, GUARANTEE, playNamed } from './testing/bugs.ts';

const names = (plays: readonly Play[]): string[] => plays.map(({ name }) => name);

it('short plays come first if nothing is known', () => {
  const plays = [playNamed('day', 30_000), playNamed('minute', 100), playNamed('hour', 1_500)];
  expect(names(orderPlays(plays, 'x', {}))).toEqual(['minute', 'hour', 'day']);
});

it('what objected last time comes first, a guarantee before the rest', () => {
  const plays = ['short', 'expects', 'guarantees'].map((name, index) => playNamed(name, 100 + index));
  const x = {
    first: { ...EXPECTATION, play: 'expects' },
    guarantee: { ...GUARANTEE, play: 'guarantees' },
  };
  expect(names(orderPlays(plays, 'x', { x }))).toEqual(['guarantees', 'expects', 'short']);
  expect(names(orderPlays(plays, 'x', { x: { first: x.first } }))).toEqual([
    'expects',
    'short',
    'guarantees',
  ]);
});

it('a play that objects to many bugs comes before one that is a little shorter', () => {
  const plays = [playNamed('short', 100), playNamed('strict', 150), playNamed('day', 30_000)];
  const record = { first: { ...GUARANTEE, play: 'strict' }, guarantee: { ...GUARANTEE, play: 'strict' } };
  const long = { first: { ...GUARANTEE, play: 'day' } };
  expect(names(orderPlays(plays, 'x', { a: record, b: long }))).toEqual(['strict', 'short', 'day']);
});
