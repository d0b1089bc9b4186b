import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CurrentToken } from './current-token.ts';
import { createLogger } from './log.ts';
import { writeToken } from './token-file.ts';

const FIRST = Buffer.from('0102030405060708090a0b0c', 'hex');
const SECOND = Buffer.from('f1f2f3f4f5f6f7f8f9fafbfc', 'hex');

let folder: string;
let path: string;
let said: string;
let token: CurrentToken;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'martinete-token-'));
  path = join(folder, '.mi-token');
  said = '';
  const sink = { write: (text: string) => (said += text) };
  token = new CurrentToken(path, createLogger({ level: 'info', format: 'json', sink }));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the token of a client that runs', () => {
  it('is the new one once the scooter was paired anew', () => {
    writeToken(path, FIRST, { overwrite: true });
    expect(token.read()).toEqual(FIRST);
    writeToken(path, SECOND, { overwrite: true });
    expect(token.read()).toEqual(SECOND);
    expect(said).toBe('');
  });

  it('outlives its file', () => {
    writeToken(path, FIRST, { overwrite: true });
    token.read();
    rmSync(path);
    expect(token.read()).toEqual(FIRST);
    expect(said).toContain('cannot be read any more');
    expect(said).not.toContain(FIRST.toString('hex'));
  });

  it('is asked for where there never was one', () => {
    expect(() => token.read()).toThrow(expect.objectContaining({ code: 'token_missing' }));
  });

  it('is warned of once where others can read it', () => {
    writeFileSync(path, FIRST, { mode: 0o644 });
    token.read();
    token.read();
    expect(said.split('chmod 600')).toHaveLength(2);
  });
});
