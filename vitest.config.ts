import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{protocol,hci,client,simulator,harness}/**/*.test.ts'],
    // noble and bleno keep state in the process: every test file gets one of its own.
    pool: 'forks',
    // One core fewer, which is the default, would be one of two.
    maxWorkers: availableParallelism(),
    // For machines that are busy with something else: no test says anything of how long it takes.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    env: { TZ: 'UTC', HCI_CHANNEL_USER: '1', BLENO_DEVICE_NAME: 'MIScooter' },
  },
});
