import { expect, it } from 'vitest';
import { readScenario } from '../format/load.ts';
import type { Mutation } from './play.ts';
import { runScenario } from './run.ts';

const MINUTE_MS = 60_000;
const SCENARIO = readScenario('title = "A client that runs in a loop"\nduration = "2 h"\n', 'loop');

/** From its first log line on, the client starts a timer without a delay again and again. */
const runsInLoop: Mutation = {
  platform: (platform) => {
    const spin = (): void => void setTimeout(spin, 0);
    let write = (line: string): unknown => {
      write = (next) => platform.log.write(next);
      spin();
      return write(line);
    };
    return { ...platform, log: { write: (line) => write(line) } };
  },
};

it('a client that runs in a loop ends the run, and violates S9', async () => {
  const { endMs, events, results, passed } = await runScenario(SCENARIO, { mutation: runsInLoop });
  expect(passed).toBe(false);
  const violated = results.filter(({ result }) => result.violations.length > 0);
  expect(violated.map(({ id }) => id)).toEqual(['S9']);
  const violations = violated.flatMap(({ result }) => result.violations);
  const what = 'the client ran in a loop, without a pause';
  expect(violations).toMatchObject([{ atMs: endMs, what, bound: '7500 callbacks in 10 s' }]);
  expect(violations[0]?.measured).toMatch(/^7501 callbacks in \d\.\d+ s$/);
  expect(endMs).toBeLessThan(MINUTE_MS);
  // The client is not started again.
  expect(events.filter(({ type }) => type === 'client.started')).toHaveLength(1);
});
