import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What has a process of its own: libraries keep state in it, and mqtt.js the timers that it finds at load. */
const ALONE = [
  'hci/**/*.test.ts',
  'harness/{campaign,clock,commands,foreign,mutants,scenario,sim,soak,uplink,world}/**/*.test.ts',
  'harness/noble-defects/crowd.test.ts',
];
/** Nothing but the radio, or whole rides in virtual time: each loads noble and bleno anew, and mqtt.js under that clock. */
const ON_AIR = ['harness/{radio,noble-defects}/**/*.test.ts'];
/** What takes longest begins first, or one core would do it alone at the end. */
const LONGEST = ['harness/campaign/', 'harness/scenario/'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean =>
      LONGEST.some((folder) => moduleId.includes(folder));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    pool: 'forks',
    // One core fewer, which is the default, would be one of two.
    maxWorkers: availableParallelism(),
    sequence: { sequencer: LongestFirst },
    // For machines that are busy with something else: no test says anything of how long it takes.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    env: { TZ: 'UTC', HCI_CHANNEL_USER: '1', BLENO_DEVICE_NAME: 'MIScooter' },
    projects: [
      { extends: true, test: { name: 'alone', include: ALONE } },
      { extends: true, test: { name: 'on air', include: ON_AIR, exclude: ALONE, isolate: false } },
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['{protocol,client,simulator,harness}/**/*.test.ts'],
          exclude: [...ALONE, ...ON_AIR],
          isolate: false,
        },
      },
    ],
  },
});
