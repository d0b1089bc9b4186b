import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sourceCommit } from '../report/commit.ts';
import { decode } from './input-json.ts';
import type { Failure } from './run-batch.ts';

/** Where failing inputs are stored: a folder for each target, from which `npm test` plays them. */
export const REGRESSIONS = 'fixtures/fuzz';

/** An input that has failed once. */
export interface Regression {
  /** What went wrong. */
  readonly message: string;
  /** Commit on which it failed. */
  readonly commit: string;
  /** Seed of the batch that found it, and the path of fast-check from there. */
  readonly seed: number;
  readonly path?: string;
  readonly input: unknown;
}

const NAME_CHARS = 50;
const HASH_DIGITS = 6;

/** Name of a failure: its message in short, and a hash of its input. */
export function nameOf({ message, input }: Pick<Failure, 'message' | 'input'>): string {
  const [line = ''] = message.split('\n', 1);
  const words = line.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const hash = createHash('sha256').update(JSON.stringify(input)).digest('hex').slice(0, HASH_DIGITS);
  return `${words.slice(0, NAME_CHARS).replace(/^-+|-+$/g, '')}-${hash}`;
}

/** Stores a failure of a target, with its input as `encode` returns it; returns the path of its file, relative to `root`. */
export function storeRegression(target: string, seed: number, failure: Failure, root: string): string {
  const { message, path, input } = failure;
  const regression: Regression = {
    message,
    commit: sourceCommit(),
    seed,
    ...(path !== undefined && { path }),
    input,
  };
  const file = `${REGRESSIONS}/${target}/${nameOf(failure)}.json`;
  mkdirSync(join(root, REGRESSIONS, target), { recursive: true });
  writeFileSync(join(root, file), `${JSON.stringify(regression, undefined, 2)}\n`);
  return file;
}

/** Reads the stored failures of all targets. */
export function readRegressions(root: string): { target: string; name: string; regression: Regression }[] {
  const folder = join(root, REGRESSIONS);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json'))
    .toSorted()
    .map((path) => {
      const [target = '', name = ''] = path.split('/');
      const stored = JSON.parse(readFileSync(join(folder, path), 'utf8')) as Regression;
      return { target, name, regression: { ...stored, input: decode(stored.input) } };
    });
}
