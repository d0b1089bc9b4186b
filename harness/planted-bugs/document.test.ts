import { expect, it } from 'vitest';
import { bugTables } from './document.ts';
import { bugNamed, EXPECTATION, GUARANTEE } from './testing/bugs.ts';

it('the page has a table of each set, with links to public reports, and what objects', () => {
  const seen = 'https://github.com/owner/repository/issues/1';
  const bugs = [bugNamed('a', { seen }), bugNamed('b'), bugNamed('c', { set: 'second' }), bugNamed('d')];
  const records = {
    a: { first: EXPECTATION, guarantee: GUARANTEE },
    b: { first: null, guarantee: null },
  };
  const lines = bugTables(bugs, records)
    .split('\n')
    .map((line) => line.replaceAll(/ +/g, ' '));
  expect(lines.filter((line) => line.startsWith('###'))).toEqual(['### Set `first`', '### Set `second`']);
  expect(lines).toContain(
    `| \`a\` | The client has the bug a. ([seen](${seen})) | expectation: logins | S4 | tunnel | 0:01:02.000 |`,
  );
  expect(lines).toContain('| `b` | The client has the bug b. | nobody | | | |');
  expect(lines).toContain('| `d` | The client has the bug d. | not played yet | | | |');
  expect(lines.join()).toContain('2 bugs, objected to first: 0 by a guarantee, 1 by an expectation');
});

it('the page of a project without bugs says so', () => {
  expect(bugTables([], {})).toBe('There are no planted bugs yet.');
});
