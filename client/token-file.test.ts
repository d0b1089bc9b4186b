import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClientError } from './errors.ts';
import {
  prepareTokenFile,
  readPendingToken,
  readToken,
  isTokenFilePrivate,
  writePendingToken,
  writeToken,
} from './token-file.ts';

const EARLIER_PATH = join(import.meta.dirname, '../fixtures/legacy/mi-token');
const TOKEN = Buffer.from('twelve bytes');
const OTHER = Buffer.from('dozen others');

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'martinete-token-'));
  path = join(folder, '.mi-token');
});
afterEach(() => rmSync(folder, { recursive: true }));

function failure(action: () => unknown): ClientError {
  try {
    action();
  } catch (error) {
    if (error instanceof ClientError) return error;
    throw error;
  }
  throw new Error('It did not fail.');
}

const modeOf = (file: string) => statSync(file).mode & 0o777;

describe('a token file', () => {
  it('may be that of the earlier client', () => {
    expect(readToken(EARLIER_PATH)).toEqual(readFileSync(EARLIER_PATH));
    expect(readToken(EARLIER_PATH)).toHaveLength(12);
  });

  it('that is missing is reported with how to get one', () => {
    const error = failure(() => readToken(path));
    expect(error.code).toBe('token_missing');
    expect(error.message).toContain(`${path}: run \`martinete register <mac>\``);
  });

  it.each([0, 11, 13, 24])('of %i bytes is rejected, and not shown', (length) => {
    writeFileSync(path, 's3cret s3cret s3cret s3cret'.slice(0, length));
    const error = failure(() => readToken(path));
    expect(error.code).toBe('config');
    expect(error.message).toContain(`${path} is ${length} bytes long`);
    expect(error.message).not.toContain('s3cret');
  });

  it('that is a folder is reported as one', () => {
    mkdirSync(path);
    const error = failure(() => readToken(path));
    expect(error.code).toBe('config');
    expect(error.message).toBe(`Cannot read the token at ${path}: it is a folder: name the file in it`);
  });
});

describe('a new token', () => {
  it('is written to a file that only its owner can read, without temporary files left', () => {
    writeToken(path, TOKEN, { overwrite: false });
    expect(readToken(path)).toEqual(TOKEN);
    expect(modeOf(path)).toBe(0o600);
    expect(isTokenFilePrivate(path)).toBe(true);
    expect(readdirSync(folder)).toEqual(['.mi-token']);
  });

  it('has its folder created', () => {
    const deep = join(folder, 'a/b/token');
    writeToken(deep, TOKEN, { overwrite: false });
    expect(readToken(deep)).toEqual(TOKEN);
  });

  it('does not replace another by accident', () => {
    writeToken(path, TOKEN, { overwrite: false });
    const error = failure(() => writeToken(path, OTHER, { overwrite: false }));
    expect(error.code).toBe('config');
    expect(error.message).toContain(`The token file ${path} already exists`);
    expect(readToken(path)).toEqual(TOKEN);
  });

  it('has the one that it replaces kept, equally private', () => {
    writeFileSync(path, TOKEN, { mode: 0o644 });
    writeToken(path, OTHER, { overwrite: true });
    expect(readToken(path)).toEqual(OTHER);
    expect(readToken(`${path}.old`)).toEqual(TOKEN);
    expect([modeOf(path), modeOf(`${path}.old`)]).toEqual([0o600, 0o600]);
    expect(readdirSync(folder).toSorted()).toEqual(['.mi-token', '.mi-token.old']);
  });

  it('is written although a power cut left a temporary file', () => {
    writeFileSync(`${path}.new`, 'half a to', { mode: 0o644 });
    writeToken(path, TOKEN, { overwrite: false });
    expect(modeOf(path)).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['.mi-token']);
  });

  it('is never written with a wrong length', () => {
    expect(() => writeToken(path, TOKEN.subarray(1), { overwrite: false })).toThrow(RangeError);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is requested only if it can be written, without a trace beside an older pending one', () => {
    writePendingToken(path, OTHER);
    prepareTokenFile(path, { overwrite: false });
    expect(readPendingToken(path)).toEqual(OTHER);
    expect(readdirSync(folder)).toEqual(['.mi-token.pending']);
  });

  it('is requested only if its folder can be written', () => {
    prepareTokenFile(join(folder, 'a/token'), { overwrite: false });
    expect(readdirSync(folder)).toEqual(['a']);
    writeToken(path, TOKEN, { overwrite: false });
    expect(failure(() => prepareTokenFile(path, { overwrite: false })).code).toBe('config');
    expect(() => prepareTokenFile(path, { overwrite: true })).not.toThrow();
    const unwritable = failure(() => prepareTokenFile(join(path, 'token'), { overwrite: false }));
    expect(unwritable.message).toMatch(/Cannot write a token into .*\(E/);
  });
});

it.each([0o640, 0o604, 0o620])('a token file of mode %o is not private', (mode) => {
  writeFileSync(path, TOKEN);
  chmodSync(path, mode);
  expect(isTokenFilePrivate(path)).toBe(false);
});
