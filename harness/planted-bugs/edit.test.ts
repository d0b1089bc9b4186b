import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileBug, plantingErrors } from './edit.ts';
import { loadBugs } from './load.ts';
import { bugNamed } from './testing/bugs.ts';

const SOURCE = "import { x } from '../x.ts';\nexport const limit: number = 5;\nconst retries = 2;\n";

function compiled(...edits: readonly (readonly [find: string, replace: string])[]): string | undefined {
  const file = 'client/wait.ts';
  const bug = bugNamed('no-retry', { edits: edits.map(([find, replace]) => ({ file, find, replace })) });
  return compileBug(bug, () => SOURCE).get(file);
}

describe('a bug', () => {
  it('is planted by all its edits, in their order', () => {
    const text = compiled(
      ['limit: number = 5', 'limit: number = 6'],
      ['= 6', '= 7'],
      ['retries = 2', 'retries = x.$_'],
    );
    expect(text).toBe(
      "import { x } from '../x.js';\nexport const limit         = 7;\nconst retries = x.$_;\n",
    );
  });

  it.each([
    ['retries = 3', '0 times in client/wait.ts, adapt it to the file of today'],
    ['const', '2 times in client/wait.ts, make it longer until it occurs once'],
  ])('whose text is %j is rejected: it occurs %s', (find, message) => {
    expect(() => compiled(['limit', 'bound'], [find, ''])).toThrow(
      `first.toml: the text of edit 2 of 'no-retry' occurs ${message}`,
    );
  });

  it('that does not parse is rejected', () => {
    expect(() => compiled(['= 2', '= '])).toThrow(
      "client/wait.ts does not parse with the edits of 'no-retry'",
    );
  });

  it('that changes nothing is rejected', () => {
    expect(() => compiled(['limit', 'limit'])).toThrow(
      "the text of edit 1 of 'no-retry' is its own replacement",
    );
  });

  it('of a file that does not exist is rejected', () => {
    const fail = (): never => {
      throw new Error('ENOENT');
    };
    expect(plantingErrors([bugNamed('no-retry')], fail)).toEqual([
      "first.toml: 'no-retry' edits client/wait.ts, which does not exist: name the file of today",
    ]);
  });
});

it('every bug of the project applies to the sources of today', () => {
  const root = join(import.meta.dirname, '../..');
  expect(plantingErrors(loadBugs(), (file) => readFileSync(join(root, file), 'utf8'))).toEqual([]);
});
