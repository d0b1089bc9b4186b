import { describe, expect, it } from 'vitest';
import { plain } from '../report/colours.ts';
import { ResultTable, totalLines } from './result-lines.ts';
import { bugNamed, EXPECTATION, resultOf } from './testing/bugs.ts';

const cells = (line: string): string[] => line.split(/ {2,}/);

describe('the row of a bug', () => {
  const table = new ResultTable([bugNamed('no-retry')], plain);

  it('says who objected first, which guarantee, in which run and when, and what it cost', () => {
    expect(cells(table.head).slice(1)).toEqual([
      'bug',
      'file',
      'objects first',
      'guarantee',
      'play',
      'first moment',
      'core time',
    ]);
    expect(cells(table.row(resultOf('no-retry')))).toEqual([
      '✓ no-retry',
      'client/wait.ts',
      'guarantee: S4',
      'S4',
      'tunnel',
      '0:01:02.000',
      '0.4 s',
    ]);
  });

  it('tells a bug without a guarantee from one that was not played until then', () => {
    const first = EXPECTATION;
    const row = (guarantee: null | undefined): string[] =>
      cells(table.row(resultOf('x', { first, guarantee })));
    expect(row(null)).toEqual([
      '✓ x',
      'client/wait.ts',
      'expectation: logins',
      'none',
      'first-connection',
      '0.4 s',
    ]);
    expect(row(undefined)[3]).toBe('not played');
  });

  it('marks a bug that is left to nobody', () => {
    const row = table.row(resultOf('x', { first: null, guarantee: null }));
    expect(cells(row)).toEqual(['✗ x', 'client/wait.ts', 'nobody', 'none', '0.4 s']);
  });
});

describe('the totals', () => {
  const expected = resultOf('b', { first: EXPECTATION, guarantee: null });
  const nobody = resultOf('c', { first: null, guarantee: null, bug: bugNamed('c', { set: 'second' }) });

  it('are given for each set and for all', () => {
    expect(totalLines([nobody, resultOf('a'), expected])).toEqual([
      'first: 2 bugs, objected to first: 1 by a guarantee, 1 by an expectation, 0 by a crash, 0 by nobody; ' +
        'a guarantee objects to 1 (50 %); 0.8 s of core time',
      'second: 1 bug, objected to first: 0 by a guarantee, 0 by an expectation, 0 by a crash, 1 by nobody; ' +
        'a guarantee objects to 0 (0 %); 0.4 s of core time',
      'all: 3 bugs, objected to first: 1 by a guarantee, 1 by an expectation, 0 by a crash, 1 by nobody; ' +
        'a guarantee objects to 1 (33 %); 1.2 s of core time',
    ]);
  });

  it('call the number of guarantees a minimum if not all bugs were played until one objects', () => {
    const unknown = resultOf('b', { first: EXPECTATION, guarantee: undefined });
    expect(totalLines([resultOf('a'), unknown]).join()).toContain('a guarantee objects to at least 1 (50 %)');
  });
});
