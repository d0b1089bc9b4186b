import { expect, it } from 'vitest';
import { filesOf, textOf } from './testing/texts.ts';

/** In virtual time, whose clock limits every wait. */
const IN_VIRTUAL_TIME = ['harness/world/radio/testing/bench.ts', 'harness/world/radio/testing/central.ts'];

it('tests in real time wait for events with a deadline that names the event', () => {
  const withoutDeadline = filesOf(['.ts'])
    .filter((file) => /\.test\.ts$|\/testing\//.test(file) && !IN_VIRTUAL_TIME.includes(file))
    .filter((file) => /^import \{[^}]*\bonce\b[^}]*\} from 'node:events';$/m.test(textOf(file)));
  expect(withoutDeadline, 'import once from hci/testing/deadline.ts instead').toEqual([]);
});
