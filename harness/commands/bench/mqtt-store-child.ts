import type { Duplex } from 'node:stream';
import type { IClientOptions, MqttClient } from 'mqtt';
import { virtualClock } from '../../world/clock/clock.ts';

// Runs the same outage and power cut in virtual time, once with the store of mqtt.js and once with the outbox.
const clock = virtualClock();
const { Aedes } = await import('aedes');
const mqtt = await import('mqtt');
const { Counters } = await import('../../../client/counters.ts');
const { createLogger } = await import('../../../client/log.ts');
const { Outbox } = await import('../../../client/outbox/outbox.ts');
const { Uplink } = await import('../../../client/uplink/uplink.ts');
const { duplexPair } = await import('../../world/broker/duplex-pair.ts');
const { seededRandom } = await import('../../world/random.ts');
const { VirtualDisk } = await import('../../world/disk/virtual-disk.ts');

const SAMPLES = 300;
const INTERVAL_MS = 5_000;
/** Events by sample number. */
const TIMELINE = { brokerStops: 50, powerCut: 150, brokerReturns: 200 } as const;
const SETTLE_MS = 60_000;
const TOPIC = 'bench/journal';

/** One process of a client, which publishes samples until a power cut. */
interface RunningClient {
  publish(payload: string): void;
  /** Ends it without a clean shutdown; data in memory are lost. */
  cutPower(): void;
}

class Network {
  isUp = true;
  readonly received = new Set<string>();
  readonly #aedes: InstanceType<typeof Aedes>;
  readonly #streams = new Set<Duplex>();

  constructor(aedes: InstanceType<typeof Aedes>) {
    this.#aedes = aedes;
    aedes.on('publish', ({ topic, payload }) => {
      if (topic === TOPIC) this.received.add(payload.toString());
    });
  }

  readonly open = (_url: string, options: IClientOptions): MqttClient =>
    new mqtt.MqttClient(() => this.#connect(), options);

  cut(): void {
    for (const stream of this.#streams) stream.destroy();
    this.#streams.clear();
  }

  #connect(): Duplex {
    const [client, server] = duplexPair();
    this.#streams.add(server);
    if (this.isUp) this.#aedes.handle(server);
    else setImmediate(() => server.destroy());
    return client;
  }
}

function startMqttJs(network: Network): RunningClient {
  const client = network.open('', {
    clientId: 'bench',
    protocolVersion: 4,
    reconnectPeriod: 1_000,
    keepalive: 20,
  });
  client.on('error', () => undefined);
  return {
    publish: (payload) => void client.publish(TOPIC, payload, { qos: 1 }),
    cutPower: () => {
      network.cut();
      client.end(true);
    },
  };
}

const disk = new VirtualDisk();

function startOutbox(network: Network, run: number): RunningClient {
  const outbox = Outbox.start({
    bootId: `run-${run}`,
    stores: disk,
    path: 'outbox',
    log: createLogger({ level: 'silent', format: 'json', sink: process.stderr }),
    bounds: { maxCount: 1e6, maxBytes: 1e9, maxAgeMs: 1e12, whenFull: 'drop-oldest' },
    now: () => ({ atMs: performance.now(), wallMs: Date.now(), clockSynced: true }),
  });
  const uplink = new Uplink({
    config: {
      broker: 'mqtt://bench',
      clientId: 'bench',
      topic: TOPIC,
      baseTopic: 'bench',
      keepAliveS: 20,
      reconnectMinMs: 1_000,
      reconnectMaxMs: 30_000,
      sendIntervalMs: INTERVAL_MS,
      connectTimeoutMs: 10_000,
      healthIntervalMs: 60_000,
      drainRatePerS: 50,
      nofix: 'zero',
      liveIntervalMs: 0,
    },
    credentials: {},
    openMqtt: network.open,
    outbox,
    counters: new Counters(),
    health: () => '{}',
    random: seededRandom(run),
    log: createLogger({ level: 'error', format: 'text', sink: process.stderr }),
  });
  const stop = new AbortController();
  uplink.run(stop.signal).catch(() => undefined);
  return {
    publish: (payload) => void outbox.append(() => payload),
    cutPower: () => {
      network.cut();
      stop.abort();
      disk.powerCut();
      disk.powerOn();
    },
  };
}

async function play(
  start: (network: Network, run: number) => RunningClient | Promise<RunningClient>,
): Promise<number> {
  const network = new Network(await clock.until(Aedes.createBroker({ id: 'bench' })));
  let client = await clock.until(Promise.resolve(start(network, 1)));
  for (let sample = 1; sample <= SAMPLES; sample++) {
    if (sample === TIMELINE.brokerStops) {
      network.isUp = false;
      network.cut();
    }
    if (sample === TIMELINE.powerCut) {
      client.cutPower();
      client = await clock.until(Promise.resolve(start(network, 2)));
    }
    if (sample === TIMELINE.brokerReturns) network.isUp = true;
    client.publish(`sample ${sample}`);
    await clock.advance(INTERVAL_MS);
  }
  await clock.advance(SETTLE_MS);
  client.cutPower();
  return network.received.size;
}

const result = { samples: SAMPLES, mqttJs: await play(startMqttJs), outbox: await play(startOutbox) };
clock.close();
process.send?.(result, () => process.exit());
