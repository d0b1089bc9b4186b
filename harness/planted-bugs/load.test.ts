import { describe, expect, it } from 'vitest';
import { loadBugs, readBugs } from './load.ts';

const BUG = `[[bug]]
id = "no-retry"
about = "The client does not retry."
[[bug.edit]]
file = "client/wait.ts"
find = "retry()"
replace = ""
`;

describe('a set of planted bugs', () => {
  it('is read with its name and its edits', () => {
    expect(readBugs(BUG, 'bugs/first.toml')).toEqual([
      {
        id: 'no-retry',
        about: 'The client does not retry.',
        set: 'first',
        edits: [{ file: 'client/wait.ts', find: 'retry()', replace: '' }],
      },
    ]);
  });

  it.each([
    ['a missing key', BUG.replace('find = "retry()"', ''), 'bug 1 ("no-retry"), edit 1, find: '],
    ['an unknown key', `${BUG}reason = "x"`, 'bug 1 ("no-retry"), edit 1: Unrecognized key: "reason"'],
    [
      'a file of the simulator',
      BUG.replace('client/', 'simulator/'),
      'a TypeScript file of client/ or protocol/',
    ],
    [
      'a path out of the folder',
      BUG.replace('wait.ts', '../hci/x.ts'),
      'a TypeScript file of client/ or protocol/',
    ],
    ['an id with spaces', BUG.replace('no-retry', 'no retry'), 'expected lower-case words with hyphens'],
    [
      'a link that is none',
      BUG.replace('[[bug.edit]]', 'seen = "#12"\n[[bug.edit]]'),
      'expected the https address',
    ],
    ['no edit', BUG.split('[[bug.edit]]')[0] ?? '', 'bug 1 ("no-retry"), edit: '],
    ['no bug', '', 'bug: '],
    ['wrong TOML', BUG.replace('"retry()"', 'retry()'), 'bugs/first.toml, line 6, column'],
  ])('with %s is rejected, and the message names the place', (_, text, message) => {
    expect(() => readBugs(text, 'bugs/first.toml')).toThrow(message);
  });

  it('names all errors at once', () => {
    const text = BUG.replace('no-retry', 'No').replace('client/', 'hci/');
    expect(() => readBugs(text, 'first.toml')).toThrow(
      /bug 1 \("No"\), id: .*\n.*bug 1 \("No"\), edit 1, file: /,
    );
  });
});

it('the sets of the project have different ids', () => {
  expect(() => loadBugs()).not.toThrow();
});
