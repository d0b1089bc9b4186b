import { fileURLToPath } from 'node:url';
import { loadScenario, readScenario } from '../../scenario/format/load.ts';
import type { Scenario } from '../../scenario/format/scenario.ts';

const SCENARIOS = new URL('../../../scenarios/', import.meta.url);

/** One of the stories that every client has to survive, by the name of its file. */
export function fromFile(name: string): Scenario {
  return loadScenario(fileURLToPath(new URL(`${name}.toml`, SCENARIOS)));
}

/** Long enough for two dozen samples. */
export const quiet = readScenario(
  `
title = "Nothing happens"
duration = "2 min"
`,
  'quiet',
);

/** Samples pile up: they come faster than they leave. */
export const slowDrain = readScenario(
  `
title = "More samples are taken than may be sent"
duration = "3 min"

[client.mqtt]
send_interval = 2
drain_rate = 0.2
health_interval = 10
`,
  'slow-drain',
);

/** The broker is gone at the end, when S1 would ask for what is missing: that is for L8 to notice, long before. */
export const powerCut = readScenario(
  `
title = "The power fails while samples wait"
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

/** Longer than the client waits for an acknowledgement: it gives the connection up by itself. */
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

const DROPS = 20;
const DROPS_APART_S = 10;

/** One process reconnects often enough to see what that leaves behind. */
export const manyDrops = readScenario(
  `
title = "The connection drops again and again"
duration = "4 min"
${Array.from({ length: DROPS }, (_, index) => `[[step]]\nat = ${(index + 1) * DROPS_APART_S}\nfault = "link.drop"\n`).join('')}
`,
  'many-drops',
);
