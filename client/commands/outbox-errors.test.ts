import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from '../cli.ts';
import { diskStores } from '../outbox/store/disk-stores.ts';
import type { StoreProvider } from '../outbox/store/store-provider.ts';
import { systemPlatform, type Platform } from '../platform.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'martinete-unreadable-'));
  path = join(folder, 'outbox');
  const store = diskStores.create(path);
  await store.open();
  await store.close();
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** Runs a command on an outbox; resolves to what it writes to standard error. */
async function errorOf(
  command: string,
  at = path,
  stores: Partial<StoreProvider> = {},
): Promise<{ code: number; log: string }> {
  let log = '';
  const platform: Platform = {
    ...systemPlatform,
    stores: { ...diskStores, ...stores },
    out: { write: () => true },
    log: { write: (text) => (log += text) },
  };
  const code = await main(['outbox', command, '--path', at], platform, new AbortController().signal);
  return { code, log };
}

const systemError = (code: string, about: string): Error =>
  Object.assign(new Error(`${code}: refused`), { code, path: about });

describe.each(['status', 'export'])('outbox %s', (command) => {
  it('says that no client has run if there is no outbox', async () => {
    const missing = join(folder, 'elsewhere');
    expect(await errorOf(command, missing)).toEqual({
      code: 78,
      log:
        `martinete: There is no outbox at ${missing}: no client has run with this path yet. ` +
        'Check [outbox] path, or --path.\n',
    });
    expect(existsSync(missing)).toBe(false);
  });

  const AS_USER = 'permission denied: run this command as the user of the client.\n';

  it.each([
    ['its folder cannot be searched', 'exists', (about: string) => systemError('EACCES', about)],
    ['its folder cannot be read', 'copy', (about: string) => systemError('EACCES', about)],
    [
      'its files cannot be read',
      'create',
      () =>
        Object.assign(new Error('Database failed to open'), {
          code: 'LEVEL_DATABASE_NOT_OPEN',
          cause: Object.assign(new Error('IO error: /tmp/x/000005.ldb: Permission denied'), {
            code: 'LEVEL_IO_ERROR',
          }),
        }),
    ],
  ] as const)('names the user to run it as if %s', async (_, operation, error) => {
    const stores = {
      [operation]: () => {
        throw error(path);
      },
    };
    expect(await errorOf(command, path, stores)).toEqual({
      code: 78,
      log: `martinete: Cannot read the outbox at ${path}, ${AS_USER}`,
    });
  });

  it('names the code and the temporary folder if that cannot be used', async () => {
    const temporary = join(folder, 'no-such-folder');
    vi.stubEnv('TMPDIR', temporary);
    expect(await errorOf(command)).toEqual({
      code: 78,
      log:
        `martinete: Cannot read the outbox at ${path} (ENOENT): check its disk, and the temporary folder ` +
        `${temporary}, in which a copy of it is opened.\n`,
    });
    const denied = {
      copy: () => {
        throw systemError('EACCES', join(temporary, 'martinete-outbox-1'));
      },
    };
    expect((await errorOf(command, path, denied)).log).toContain(
      `(EACCES): check its disk, and the temporary`,
    );
  });

  it('leaves no temporary files if the outbox cannot be copied', async () => {
    const temporary = join(folder, 'temporary');
    mkdirSync(temporary);
    vi.stubEnv('TMPDIR', temporary);
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect((await errorOf(command, file, { exists: () => true })).log).toContain('(ENOTDIR)');
    expect(readdirSync(temporary)).toEqual([]);
  });
});
