import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { junitXml } from './junit.ts';
import { CRASHED, FAILED, PASSED } from './testing/reports.ts';

describe('JUnit XML', () => {
  it('has a test case for every run, and a failure in those that failed', () => {
    const xml = junitXml('scenarios', [PASSED, FAILED, CRASHED]);
    expect(xml.match(/<testcase /g)).toHaveLength(3);
    expect(xml.match(/<failure /g)).toHaveLength(2);
    expect(xml).toContain('<testsuite name="scenarios" tests="3" failures="2" time="1">');
    expect(xml).toContain(
      'name="short-gap" classname="scenarios" file="scenarios/short-gap.toml" time="0.500"/>',
    );
    expect(xml).toContain('message="L1 at 1:02:03.004: no sample came (bound 6 s, measured 8.2 s)"');
    expect(xml).toContain('replay: npm run scenario -- scenarios/short-gap.toml --seed 7</failure>');
    expect(xml).toContain('message="Ended with exit code 3"');
  });

  it('is well-formed whatever a process has printed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (output) => {
        const xml = junitXml('scenarios', [
          { ...CRASHED, name: output, problem: `<&"\u0000\ud800${output}` },
        ]);
        expect(xml).toMatch(/^<\?xml [^<>]*\?>\n(<[^<>]*>[^<>]*)*$/);
        expect(xml.replace(/&(amp|lt|gt|quot);/g, '')).not.toContain('&');
        expect(xml.replace(/[\t\n\r]/g, '')).not.toMatch(/\p{Cc}|[\ufffe\uffff]|\p{Cs}/u);
        expect(xml.split('"').length % 2).toBe(1);
      }),
    );
  });
});
