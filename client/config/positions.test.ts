import { describe, expect, it } from 'vitest';
import { Positions } from './positions.ts';
import type { Path } from './positions.ts';

const TEXT = `title = "t"
list = ["a", { deep = [1, 2] }]
[[step]]
at = 5
[[step]]
  for.some."time" = 6
  [step.inner]
  x = 1
  [[step.inner.most]]
  y = 1
`;

const at = (path: Path, part: 'key' | 'value'): string => {
  const { line, column } = new Positions(TEXT).of(path, part) ?? { line: 0, column: 0 };
  return `${line}:${column}`;
};

describe('the position of', () => {
  it.each<[what: string, path: Path, key: string, value: string]>([
    ['a key', ['title'], '1:1', '1:9'],
    ['an element of an array', ['list', 0], '2:9', '2:9'],
    ['a key in an array', ['list', 1, 'deep'], '2:16', '2:23'],
    ['an element in an array in an array', ['list', 1, 'deep', 1], '2:27', '2:27'],
    ['an array of tables', ['step'], '3:3', '3:3'],
    ['a table in an array', ['step', 1], '5:3', '5:3'],
    ['a key of such a table', ['step', 0, 'at'], '4:1', '4:6'],
    ['a part of a dotted key in it', ['step', 1, 'for', 'some'], '6:7', '6:7'],
    ['the end of a dotted key in it', ['step', 1, 'for', 'some', 'time'], '6:12', '6:21'],
    ['a section of its last table', ['step', 1, 'inner'], '7:9', '7:9'],
    ['a key in that table', ['step', 1, 'inner', 'x'], '8:3', '8:7'],
    ['an array of tables in that table', ['step', 1, 'inner', 'most', 0, 'y'], '10:3', '10:7'],
    ['an element that does not exist', ['step', 2], '0:0', '0:0'],
    ['a key that is spelt like an index', ['step', '1'], '0:0', '0:0'],
  ])('%s', (_what, path, key, value) => {
    expect([at(path, 'key'), at(path, 'value')]).toEqual([key, value]);
  });

  it('a missing key is that of the table around it', () => {
    const positions = new Positions(TEXT);
    expect(positions.nearest([['step', 1, 'fault']], 'key')).toEqual({ line: 5, column: 3 });
    expect(positions.nearest([['step', 0, 'a', 'b', 'c']], 'key')).toEqual({ line: 3, column: 3 });
    expect(positions.nearest([['nowhere'], ['step', 0, 'at']], 'value')).toEqual({ line: 4, column: 6 });
    expect(positions.nearest([['nowhere', 'at', 'all']], 'key')).toBeUndefined();
  });
});
