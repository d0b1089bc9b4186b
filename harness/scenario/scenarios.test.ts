import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { failureLines } from '../report/failure.ts';
import type { Report } from '../report/summary.ts';
import { runSuite } from './suite.ts';

const TIMEOUT_MS = 300_000;
const FOLDER = 'scenarios';
const FILES = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.toml'))
  .sort();

describe('the client keeps its guarantees in the scenario', () => {
  const reports = new Map<string, Report>();

  beforeAll(async () => {
    const origins = FILES.map((name) => ({ kind: 'file' as const, path: join(FOLDER, name) }));
    const done = await runSuite(origins, { jobs: 1, signal: AbortSignal.timeout(TIMEOUT_MS) });
    done.forEach((report, index) => reports.set(FILES[index] ?? '', report));
  }, TIMEOUT_MS);

  it.each(FILES)('%s', (name) => {
    const report = reports.get(name);
    expect(report && failureLines(report)).toEqual([]);
  });
});
