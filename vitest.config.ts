import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What has a process of its own: its processes, signals and environment are its own too, or the loader of Node.js. */
const ALONE = [
  'hci/{bleno-guard,forked-socket,libraries,loader,native-socket,process-listeners,raw-mode,user-channel}.test.ts',
  'harness/{commands,scenario/{campaign,player},proofs/foreign-stacks}/**/*.test.ts',
  'harness/world/clock/clock.test.ts',
  'harness/fuzz/fuzz-process.test.ts',
  'harness/proofs/noble-defects/many-devices.test.ts',
];
/** Plays of scenarios: a command of their own. */
const SCENARIOS = [
  'harness/scenario/player/{scenarios,determinism,node-versions}.test.ts',
  'harness/scenario/campaign/shrink/shrink.test.ts',
];
/** Tests in virtual time. */
const IN_WORLDS = ['harness/{world,proofs,fuzz}/**/*.test.ts'];
/** What takes longest begins first, or one core would do it alone at the end. */
const LONGEST = ['harness/scenario/campaign/', 'harness/scenario/player/'];

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
    // Ends a test that hangs. In virtual time the clock's own limit does so much earlier; no test depends on how fast
    // the machine is.
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
    env: { TZ: 'UTC', HCI_CHANNEL_USER: '1', BLENO_DEVICE_NAME: 'MIScooter' },
    projects: [
      { extends: true, test: { name: 'scenarios', include: SCENARIOS } },
      { extends: true, test: { name: 'alone', include: ALONE, exclude: SCENARIOS } },
      {
        extends: true,
        test: {
          name: 'in worlds',
          include: IN_WORLDS,
          exclude: ALONE,
          isolate: false,
          setupFiles: 'harness/world/clock/testing/libraries.ts',
        },
      },
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['*.test.ts', '{protocol,hci,client,simulator,harness}/**/*.test.ts'],
          exclude: [...ALONE, ...IN_WORLDS, ...SCENARIOS],
          isolate: false,
        },
      },
    ],
  },
});
