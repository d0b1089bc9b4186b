import { describe, expect, it } from 'vitest';
import { readScenario } from '../../scenario/format/load.ts';
import type { Scenario } from '../../scenario/format/scenario.ts';
import { runScenario } from '../../scenario/player/run.ts';
import { countEvents, type EventCounts } from '../../sometimes/count-events.ts';
import type { EventId } from '../../sometimes/table.ts';
import { fromFile } from '../mutants/scenarios.ts';

const written = (text: string): Scenario =>
  readScenario(`title = "t"\nduration = "1 min"\n${text}`, 'written');

const muteFrom = (ms: number): Scenario =>
  written(`[[step]]\nat = "${ms} ms"\nfault = "scooter.mute"\nfor = "10 s"\n`);

const endOnSlowDisk = (how: string): Scenario =>
  written(
    `[[step]]\nat = 20\nfault = "disk.slow"\nfor = 20\n[[step]]\nat = 28\nfault = "client.kill"\nhow = "${how}"\n`,
  );

/** A scenario in which each event happens: a reworded message of the client must not hide it. */
const CASES: readonly (readonly [Scenario, readonly EventId[]])[] = [
  [muteFrom(600), ['login-app-random', 'link-lost-before-login']],
  [muteFrom(720), ['login-device-confirmation']],
  [muteFrom(780), ['login-app-confirmation']],
  [fromFile('discovery-of-many-services'), ['discovery-interrupted']],
  [fromFile('scooter-impostor'), ['login-missing']],
  [fromFile('scooter-silent-range'), ['block-silent', 'block-back']],
  [fromFile('regressions/late-reply-completes-the-poll'), ['late-reply']],
  [fromFile('adapter-mute'), ['adapter-restarted', 'exit-71']],
  [fromFile('broker-deaf'), ['broker-silent', 'puback-lost', 'last-will']],
  [fromFile('broker-refuses-a-sample'), ['quarantine']],
  [fromFile('broker-qos-0-only'), ['broker-limited']],
  [fromFile('disk-full'), ['disk-lost', 'disk-back']],
  [endOnSlowDisk('power'), ['power-cut-before-sync']],
  [endOnSlowDisk('process'), ['kill-before-sync']],
  [fromFile('gps-garbage'), ['receiver-lost', 'receiver-garbage']],
  [written('[[step]]\nat = 0.1\nfault = "link.refuse"\nfor = 59\n'), ['scooter-held']],
  [fromFile('stopped-riding'), ['exit-0']],
  [fromFile('never-found'), ['exit-69']],
  [fromFile('out-of-reach'), ['exit-75']],
  [fromFile('paired-with-a-phone'), ['exit-77']],
];

async function eventsOf(scenario: Scenario): Promise<EventCounts> {
  const { events, config, endMs } = await runScenario(scenario);
  return countEvents(events, config, endMs);
}

describe('an event that a campaign has to reach', () => {
  it.each(CASES.map(([scenario, ids]) => ({ scenario, ids, name: scenario.name })))(
    'is found in a run in which it happens: $ids ($name)',
    async ({ scenario, ids }) => {
      expect(Object.keys(await eventsOf(scenario))).toEqual(expect.arrayContaining([...ids]));
    },
  );

  it('is not found in a run without faults', async () => {
    expect(await eventsOf(written(''))).toEqual({});
  });
});
