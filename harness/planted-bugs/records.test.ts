import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isWorse, readRecords, updateRecords, writeRecords } from './records.ts';
import { EXPECTATION, GUARANTEE, resultOf } from './testing/bugs.ts';

describe('kept results', () => {
  let folder = '';
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'martinete-records-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are read as they were written, sorted by the id of the bug', () => {
    const path = join(folder, 'results.json');
    const records = { b: { first: EXPECTATION }, a: { first: GUARANTEE, guarantee: GUARANTEE } };
    writeRecords(records, path);
    expect(readRecords(path)).toEqual(records);
    expect(readFileSync(path, 'utf8').indexOf('"a"')).toBeLessThan(readFileSync(path, 'utf8').indexOf('"b"'));
  });

  it.each(['{', '{"a": {"first": "S4"}}'])(
    'that are invalid, such as %s, are rejected with advice',
    (text) => {
      const path = join(folder, 'invalid.json');
      writeFileSync(path, text);
      expect(() => readRecords(path)).toThrow(`${path}: is invalid; restore it, or replace it by {}`);
    },
  );

  it('of other bugs stay, and those of bugs that are gone are dropped', () => {
    const kept = { a: { first: EXPECTATION }, gone: { first: null } };
    expect(updateRecords(kept, [resultOf('b')], ['a', 'b'])).toEqual({
      a: { first: EXPECTATION },
      b: { first: GUARANTEE, guarantee: GUARANTEE },
    });
  });

  it('keep the guarantee that later plays have found, if the bug was not played until then', () => {
    const kept = { a: { first: EXPECTATION, guarantee: GUARANTEE } };
    const result = resultOf('a', { first: EXPECTATION, guarantee: undefined });
    expect(updateRecords(kept, [result], ['a'])).toEqual(kept);
  });
});

describe('a result is worse than the kept one if', () => {
  const byGuarantee = { first: GUARANTEE, guarantee: GUARANTEE };
  const nobody = { first: null, guarantee: null };
  const byExpectation = { first: EXPECTATION, guarantee: null };

  it('no guarantee objects any more', () => {
    expect(isWorse(resultOf('a', byExpectation), byGuarantee)).toBe(true);
    expect(isWorse(resultOf('a', byGuarantee), byGuarantee)).toBe(false);
  });

  it('nothing objects any more, or to a new bug', () => {
    expect(isWorse(resultOf('a', nobody), byExpectation)).toBe(true);
    expect(isWorse(resultOf('a', nobody), undefined)).toBe(true);
    expect(isWorse(resultOf('a', byExpectation), undefined)).toBe(false);
  });

  it('and is not if nothing objected before either', () => {
    expect(isWorse(resultOf('a', nobody), nobody)).toBe(false);
    expect(isWorse(resultOf('a', byExpectation), nobody)).toBe(false);
  });
});
