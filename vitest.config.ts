import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{protocol,hci,client,simulator,harness}/**/*.test.ts'],
    // noble and bleno keep state in the process: every test file gets one of its own.
    pool: 'forks',
    env: { TZ: 'UTC', HCI_CHANNEL_USER: '1', BLENO_DEVICE_NAME: 'MIScooter' },
  },
});
