import { fileURLToPath } from 'node:url';
import { loadScenario, readScenario } from '../../scenario/format/load.ts';
import type { Scenario } from '../../scenario/format/scenario.ts';

const SCENARIOS = new URL('../../../scenarios/', import.meta.url);

/** Loads a scenario from `scenarios/`. */
export function fromFile(name: string): Scenario {
  return loadScenario(fileURLToPath(new URL(`${name}.toml`, SCENARIOS)));
}

/** Lasts for two dozen samples. */
export const quiet = readScenario(
  `
title = "Nothing happens"
duration = "2 min"
`,
  'quiet',
);

/** Builds up a backlog, as samples are taken faster than they may be sent. */
export const slowDrain = readScenario(
  `
title = "Samples are taken faster than they may be sent"
duration = "3 min"

[client.mqtt]
send_interval = 2
drain_rate = 0.2
health_interval = 10
`,
  'slow-drain',
);

/** Stops the broker at the end, so that L8 detects a missing sample, and not S1. */
export const powerCut = readScenario(
  `
title = "The power fails while samples are stored"
duration = "4 min"

[client.mqtt]
send_interval = 2
drain_rate = 0.2

[[step]]
at = "30 s"
fault = "client.kill"
how = "power"

[[step]]
at = "3.5 min"
fault = "broker.stop"
for = "30 s"
`,
  'power-cut',
);

/** Builds up a backlog while the broker is away, and limits the rate at which it is published. */
export const backlog = readScenario(
  `
title = "The broker is away while samples are taken"
duration = "4 min"

[client.mqtt]
drain_rate = 2

[[step]]
at = "1 min"
fault = "broker.stop"
for = "1 min"
`,
  'backlog',
);

/** Delays acknowledgements beyond the client's timeout, so that the client closes the connection. */
export const slowBroker = readScenario(
  `
title = "The broker acknowledges too late"
duration = "3 min"

[[step]]
at = "1 min"
fault = "broker.slow"
for = "30 s"
by = 25
`,
  'slow-broker',
);

/** Ends two of its absences while the client pauses between two attempts. */
export const absences = readScenario(
  `
title = "The scooter is out of range for a minute, again and again"
duration = "10 min"
${[1, 3, 5, 7].map((minute) => `[[step]]\nat = "${minute} min"\nfault = "radio.gap"\nfor = "${50 + 3 * minute} s"\n`).join('')}
`,
  'absences',
);

const DROPS = 20;
const DROPS_APART_S = 10;

/** Reconnects often enough to detect a leak per connection. */
export const manyDrops = readScenario(
  `
title = "The connection drops again and again"
duration = "4 min"
${Array.from({ length: DROPS }, (_, index) => `[[step]]\nat = ${(index + 1) * DROPS_APART_S}\nfault = "link.drop"\n`).join('')}
`,
  'many-drops',
);

/** Lasts until the refused sample is quarantined. */
export const refusedSample = readScenario(
  `
title = "The broker refuses one sample"
duration = "14 min"

[[step]]
at = "1 min"
fault = "broker.poison"
for = "13 min"
`,
  'refused-sample',
);
