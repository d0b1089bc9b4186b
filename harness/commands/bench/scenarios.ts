import { FAULTS, type FaultName } from '../../scenario/faults/table.ts';
import { GUARANTEE_IDS } from '../../guarantees/ids.ts';
import { DEFAULT_WORLD } from '../../scenario/format/default-world.ts';
import type { Scenario, Step } from '../../scenario/format/scenario.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** Faults that are injected in turn, one every ten minutes, and their duration. */
const FAULT_CYCLE: readonly (readonly [fault: FaultName, forMs: number])[] = [
  ['radio.gap', 4 * SECOND_MS],
  ['broker.stop', MINUTE_MS],
  ['radio.gap', 30 * SECOND_MS],
  ['gps.unplug', MINUTE_MS],
  ['link.drop', 0],
  ['broker.blackhole', 2 * MINUTE_MS],
  ['client.kill', 0],
  ['radio.loss', MINUTE_MS],
  ['scooter.reboot', 0],
  ['gps.nofix', MINUTE_MS],
  ['scooter.mute', 20 * SECOND_MS],
  ['broker.kick', 0],
  ['adapter.flap', 0],
  ['disk.full', 20 * SECOND_MS],
];
const EVERY_MS = 10 * MINUTE_MS;

const RIDE: Omit<Scenario, 'name' | 'durationMs'> = {
  title: 'A ride',
  seed: 1,
  ...DEFAULT_WORLD,
  scooter: {
    model: 'pro2',
    paired: true,
    on: true,
    odometerM: 0,
    percent: 100,
    advertisingDelayMs: SECOND_MS,
  },
  client: {},
  steps: [],
  expect: { guarantees: GUARANTEE_IDS },
};

/** Scenarios of the benchmarks. */
export const SCENARIOS = {
  warmUp: { ...RIDE, name: 'warm-up', durationMs: HOUR_MS },
  ride: { ...RIDE, name: 'ride', durationMs: 6 * HOUR_MS },
  faults: { ...RIDE, name: 'faults', durationMs: 24 * HOUR_MS, steps: faultSteps(24 * HOUR_MS) },
  idle: {
    ...RIDE,
    name: 'idle',
    durationMs: 6 * HOUR_MS,
    scooter: { ...RIDE.scooter, on: false },
    steps: [{ atMs: 1, fault: 'gps.unplug', forMs: 6 * HOUR_MS - 2, values: {} }],
  },
} as const satisfies Record<string, Scenario>;

function faultSteps(durationMs: number): Step[] {
  const count = Math.floor(durationMs / EVERY_MS) - 1;
  return Array.from({ length: count }, (_, index): Step => {
    const [fault = 'link.drop', forMs = 0] = FAULT_CYCLE[index % FAULT_CYCLE.length] ?? [];
    return {
      atMs: (index + 1) * EVERY_MS,
      fault,
      forMs: FAULTS[fault].lasts ? forMs : undefined,
      values: defaultValues(fault),
    };
  });
}

function defaultValues(fault: FaultName): Step['values'] {
  return Object.fromEntries(
    Object.entries(FAULTS[fault].parameters).map(([name, { kind, default: defaultValue }]) => [
      name,
      kind.schema.parse(defaultValue),
    ]),
  );
}
