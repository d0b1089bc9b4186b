import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { githubAnnotation } from './github.ts';
import { CRASHED, FAILED } from './testing/reports.ts';

describe('an annotation of GitHub Actions', () => {
  it('shows what failed, and points to the line of the expectation', () => {
    const annotation = githubAnnotation(FAILED);
    expect(annotation).toMatch(
      /^::error title=short-gap%3A L1%2C logins,file=scenarios\/short-gap\.toml,line=12::L1 {2}a short gap keeps the link%0A/,
    );
    expect(annotation).toMatch(/%0Areplay: npm run scenario -- scenarios\/short-gap\.toml --seed 7$/);
  });

  it('is one line whatever a process has printed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (output) => {
        const annotation = githubAnnotation({ ...CRASHED, name: `a,b::${output}`, problem: output });
        expect(annotation).not.toMatch(/[\r\n]/);
        expect(annotation).toMatch(/^::error title=[^,:]*::/);
      }),
    );
  });
});
