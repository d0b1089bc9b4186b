import { describe, expect, it } from 'vitest';
import type { Report } from '../../../report/summary.ts';
import { readScenario } from '../../format/load.ts';
import { shrinkSeed } from './shrink-seed.ts';

const child = new URL('./testing/failing-child.ts', import.meta.url);
const origin = { kind: 'campaign', seed: 17, minutes: 3 } as const;

describe('the file of a failing seed', () => {
  it('fails as the seed does, says where it comes from, and is accepted by the loader', async () => {
    const failed: Report[] = [];
    const { signal } = new AbortController();
    const options = { signal, child, onFailed: (report: Report) => void failed.push(report) };
    const { fileName, text, isMinimal } = (await shrinkSeed(origin, options)) ?? {};
    expect(failed.map(({ name }) => name)).toEqual(['campaign 17']);
    expect([fileName, isMinimal]).toEqual(['seed-17-no-result.toml', true]);
    expect(text).toContain('# Shrunk from `npm run replay -- 17 --minutes 3`.');
    const { title, steps, seed } = readScenario(text ?? '', 'shrunk');
    expect([title, steps.length, seed]).toEqual(['Seed 17 of a campaign: no result', 2, 17]);
  });

  it('is not written if the search is stopped', async () => {
    const stop = new AbortController();
    const options = { signal: stop.signal, child, onFailed: () => stop.abort() };
    await expect(shrinkSeed(origin, options)).rejects.toMatchObject({ code: 'aborted' });
  });
});
