import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { kernelAdapterProblems, type KernelRequirements } from './adapter-problems.ts';

const folder = mkdtempSync(join(tmpdir(), 'martinete-adapters-'));
mkdirSync(join(folder, 'hci0'));
afterAll(() => rmSync(folder, { recursive: true }));

const notCompiled = (): never => {
  throw Object.assign(new Error('no such module'), { code: 'MODULE_NOT_FOUND' });
};

describe('an adapter of the kernel', () => {
  const problemsOf = (name: string, requirements: Partial<KernelRequirements> = {}): readonly string[] =>
    kernelAdapterProblems(name, {
      load: () => undefined,
      platform: 'linux',
      folder,
      ...requirements,
    }).map(({ message }) => message);

  it('that is plugged in has no problem', () => {
    expect(problemsOf('hci0')).toEqual([]);
  });

  it('that is not plugged in is reported', () => {
    expect(problemsOf('hci7')).toEqual([expect.stringMatching(/^There is no Bluetooth adapter hci7: list /)]);
    const gone = join(folder, 'no-bluetooth');
    expect(problemsOf('hci0', { folder: gone })).toEqual([
      expect.stringMatching(/^There is no Bluetooth adapter hci0/),
    ]);
  });

  it('is reported together with a socket library that is not compiled', () => {
    expect(problemsOf('hci7', { load: notCompiled })).toEqual([
      expect.stringContaining('npm run build:hci'),
      expect.stringContaining('no Bluetooth adapter hci7'),
    ]);
  });

  it('is not looked for in the folders of Linux on other systems', () => {
    expect(problemsOf('hci7', { platform: 'darwin' })).toEqual([]);
  });
});
