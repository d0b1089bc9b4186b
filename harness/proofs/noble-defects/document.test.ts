import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFECTS, type Proof } from './defects.ts';
import { fileOf } from './document.ts';

const ROOT = join(import.meta.dirname, '../../..');
const PROOFS: readonly Proof[] = DEFECTS.flatMap(({ proofs }) => proofs);

const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** The test titles in a file, as they are written there. */
function testsOf(file: string): string[] {
  return [...textOf(file).matchAll(/\bit(?:\.each\([^]*?\))?\(\s*(['"`])(.*?)\1,/g)].map(
    ([, , name = '']) => name,
  );
}

describe('the table of noble defects', () => {
  it.each(PROOFS)('refers to an existing proof: %o', (proof) => {
    const file = fileOf(proof);
    expect(existsSync(join(ROOT, file)), file).toBe(true);
    const wanted = 'scenario' in proof ? [] : proof.tests;
    const names = wanted.length > 0 ? testsOf(file) : [];
    for (const name of wanted) {
      expect(
        names.some((found) => found.includes(name)),
        `${file} has no test "${name}"`,
      ).toBe(true);
    }
  });

  it('refers to every test file of this folder', () => {
    const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts'));
    const named = PROOFS.map(fileOf);
    for (const name of files) {
      if (name !== 'document.test.ts') expect(named).toContain(`harness/proofs/noble-defects/${name}`);
    }
  });
});
