import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Worlds, and what stands under their clock or radio: noble and bleno keep state in the process, mqtt.js its timers. */
const WORLDS = [
  'hci',
  'harness/{campaign,clock,commands,foreign,mutants,noble-defects,radio,scenario,sim,soak,uplink,world}',
];
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
      { extends: true, test: { name: 'worlds', include: WORLDS.map((folder) => `${folder}/**/*.test.ts`) } },
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['{protocol,client,simulator,harness}/**/*.test.ts'],
          exclude: WORLDS.map((folder) => `${folder}/**`),
          isolate: false,
        },
      },
    ],
  },
});
