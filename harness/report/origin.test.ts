import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameOf, replayCommand } from './origin.ts';

describe('the command that replays a run', () => {
  it('names the file and the seed', () => {
    const origin = { kind: 'file', path: 'scenarios/radio-gap.toml', seed: 7 } as const;
    expect(replayCommand(origin)).toBe('npm run scenario -- scenarios/radio-gap.toml --seed 7');
    expect(nameOf(origin)).toBe('radio-gap');
  });

  it('names the seed and the minutes of a random schedule', () => {
    const origin = { kind: 'campaign', seed: 17, minutes: 10 } as const;
    expect(replayCommand(origin)).toBe('npm run replay -- 17 --minutes 10');
    expect(nameOf(origin)).toBe('campaign 17');
  });

  it('quotes any file name', () => {
    const path = fc.string({
      minLength: 1,
      unit: fc.constantFrom('a', ' ', "'", '"', '$', '*', '\\', '&', '-'),
    });
    fc.assert(
      fc.property(path, (path) => {
        const words = replayCommand({ kind: 'file', path }).replace('npm run scenario -- ', '');
        expect(execFileSync('sh', ['-c', `printf %s ${words}`], { encoding: 'utf8' })).toBe(path);
      }),
      { numRuns: 50 },
    );
  });
});
