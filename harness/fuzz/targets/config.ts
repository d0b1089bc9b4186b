import fc from 'fast-check';
import { parseConfig } from '../../../client/config/load.ts';
import { ConfigError, type Problem } from '../../../client/config/report.ts';
import { damages, withDamages } from '../../../client/config/testing/damaged-example.ts';
import { printable } from '../../../client/printable.ts';
import { expectThat } from '../expect.ts';
import { fuzzTarget, random, type FuzzTarget } from '../target.ts';

const PATH = '/etc/martinete/martinete.toml';
/** Does not occur in the example. */
const SECRET = 'geheim7391';
const MAX_PROBLEM_CHARS = 600;

function checkPlace(text: string, { at }: Problem): void {
  if (typeof at === 'string') return;
  const line = text.split('\n')[at.line - 1];
  expectThat(line !== undefined, 'an error in a line that does not exist');
  expectThat(at.column >= 1 && at.column <= line.length + 1, 'an error beside the line');
}

function errorOf(text: string): ConfigError | undefined {
  try {
    parseConfig(text, PATH);
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

const config = fuzzTarget({
  name: 'config',
  about:
    'a configuration with any damage: valid, or errors at places in the file, which a terminal can show and which ' +
    'do not contain the password',
  inputs: random(fc.record({ damages, hasSecret: fc.boolean() })),
  check: ({ damages: drawn, hasSecret }) => {
    const text = withDamages(drawn);
    const whole = hasSecret ? text.replace(/^#? *password = .*$/m, `password = "${SECRET}"`) : text;
    const error = errorOf(whole);
    if (!error) return;
    expectThat(error.problems.length > 0, 'an error without a problem');
    for (const problem of error.problems) {
      checkPlace(whole, problem);
      const { key, expected, got = '', nearest = '' } = problem;
      expectThat((key + expected + got + nearest).length <= MAX_PROBLEM_CHARS, 'an endless error');
    }
    const [head = '', ...lines] = error.message.split('\n');
    for (const line of [head, ...lines])
      expectThat(printable(line) === line, 'an error that a terminal would obey');
    expectThat(!error.message.includes(SECRET), 'an error with the password');
  },
  runs: 60,
});

/** Files that people write. */
export const CONFIG_TARGETS: readonly FuzzTarget[] = [config];
