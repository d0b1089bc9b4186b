import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
let logText: string;
let token: CurrentToken;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'martinete-token-'));
  path = join(folder, '.mi-token');
  logText = '';
  const sink = { write: (text: string) => (logText += text) };
  token = new CurrentToken(path, createLogger({ level: 'info', format: 'json', sink }));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the token of a running client', () => {
  it('is the new one once the scooter was paired again', () => {
    writeToken(path, FIRST, { overwrite: true });
    expect(token.read()).toEqual(FIRST);
    writeToken(path, SECOND, { overwrite: true });
    expect(token.read()).toEqual(SECOND);
    expect(logText).toBe('');
  });

  it('is still known after its file was removed', () => {
    writeToken(path, FIRST, { overwrite: true });
    token.read();
    rmSync(path);
    expect(token.read()).toEqual(FIRST);
    expect(logText).toContain('cannot read the token file any more');
    expect(logText).not.toContain(FIRST.toString('hex'));
  });

  it('is reported as missing if there never was one', () => {
    expect(() => token.read()).toThrow(expect.objectContaining({ code: 'token_missing' }));
  });

  it('is warned of once if other users can read it', () => {
    writeFileSync(path, FIRST);
    // Whatever the umask.
    chmodSync(path, 0o644);
    token.read();
    token.read();
    expect(logText.split('chmod 600')).toHaveLength(2);
  });
});
