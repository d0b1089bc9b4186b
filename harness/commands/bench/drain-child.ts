import mqtt from 'mqtt';
import { Counters } from '../../../client/counters.ts';
import { createLogger } from '../../../client/log.ts';
import { Outbox } from '../../../client/outbox/outbox.ts';
import { systemRandom } from '../../../client/random.ts';
import { Uplink } from '../../../client/uplink/uplink.ts';
import { outboxOptions } from './outbox-options.ts';

export interface DrainJob {
  readonly path: string;
  readonly url: string;
}

export interface DrainResult {
  readonly seconds: number;
  readonly maxRssMb: number;
}

const TIMEOUT_MS = 300_000;

// Drains an outbox through the client's uplink at full speed.
const [jobText = ''] = process.argv.slice(2);
const { path, url } = JSON.parse(jobText) as DrainJob;
const outbox = Outbox.start(outboxOptions(path));
await outbox.settled();
const uplink = new Uplink({
  config: {
    broker: url,
    clientId: 'bench',
    topic: 'bench/journal',
    baseTopic: 'bench',
    keepAliveS: 20,
    reconnectMinMs: 1_000,
    reconnectMaxMs: 1_000,
    sendIntervalMs: 5_000,
    connectTimeoutMs: 10_000,
    healthIntervalMs: 60_000,
    drainRatePerS: 100_000,
    nofix: 'zero',
    liveIntervalMs: 0,
  },
  credentials: {},
  openMqtt: (address, options) => mqtt.connect(address, options),
  outbox,
  counters: new Counters(),
  health: () => '{}',
  random: systemRandom,
  log: createLogger({ level: 'warn', format: 'text', sink: process.stderr }),
});
const stop = new AbortController();
const ended = uplink.run(stop.signal).catch(() => undefined);
let beganMs = performance.now();
const poll = setInterval(() => {
  // The measurement starts with the first delivery, so that it excludes connecting and the MQTT 5 attempt.
  if (outbox.delivered === 0) beganMs = performance.now();
}, 1);
await outbox.drained(TIMEOUT_MS, stop.signal);
clearInterval(poll);
const result: DrainResult = {
  seconds: (performance.now() - beganMs) / 1000,
  maxRssMb: process.resourceUsage().maxRSS / 1024,
};
stop.abort();
await ended;
await outbox.close();
process.send?.(result, () => process.disconnect());
