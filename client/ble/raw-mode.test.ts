import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Adapter } from '../../hci/adapter.ts';
import { ForkedSocket } from '../../hci/forked-socket.ts';
import type { Central } from './central.ts';
import { openCentral } from './noble-central.ts';
import { TYPESCRIPT_FLAGS } from '../../typescript-loader/flags.ts';

const STUB = join(import.meta.dirname, '../../hci/testing/stub-native.cjs');
const ADAPTER: Adapter = { open: () => new ForkedSocket('hci0', STUB), deviceId: 0, channel: 'raw' };
const ADDRESS = '01:02:03:04:05:06';
const CREATE_CONNECTION = /^010d20/m;
const OPTIONS = {
  parameters: { minIntervalMs: 15, maxIntervalMs: 15, supervisionTimeoutMs: 420 },
  timeoutMs: 10_000,
  stepTimeoutMs: 2_000,
  signal: new AbortController().signal,
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'martinete-raw-'));
  vi.stubEnv('STUB_ANSWER', join(folder, 'answer'));
  vi.stubEnv('STUB_NOTES', join(folder, 'notes'));
  vi.stubEnv('NODE_OPTIONS', TYPESCRIPT_FLAGS.join(' '));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** Opens a central and scans until it has seen the scooter. */
async function openAndScan(): Promise<Central> {
  const central = await openCentral(ADAPTER, OPTIONS.signal);
  const seen = new AbortController();
  await central.scan(({ address }) => {
    expect(address).toBe(ADDRESS);
    seen.abort();
  }, seen.signal);
  return central;
}

it('in raw mode an attempt to reach an absent scooter ends at its deadline, and the next one opens the adapter again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const first = await openAndScan();
  const attempt = first.connect(ADDRESS, OPTIONS).catch((error: unknown) => error);
  await vi.waitUntil(() => CREATE_CONNECTION.test(readFileSync(join(folder, 'notes'), 'utf8')), {
    timeout: 20_000,
  });
  await vi.advanceTimersByTimeAsync(OPTIONS.timeoutMs + 2_000);
  expect(await attempt).toMatchObject({ code: 'adapter', cause: { code: 'timeout' } });
  await first.close();

  const second = await openAndScan();
  await second.close();
  // The grace period before a blocked socket process is killed.
  await vi.advanceTimersByTimeAsync(1_000);
});
