import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryLevel } from 'memory-level';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Counters } from '../../../client/counters.ts';
import { createLogger } from '../../../client/log.ts';
import { Outbox } from '../../../client/outbox/outbox.ts';
import { memoryStores } from '../../../client/outbox/testing/memory-stores.ts';
import { systemRandom } from '../../../client/random.ts';
import { credentialsOf } from '../../../client/uplink/credentials.ts';
import { Uplink } from '../../../client/uplink/uplink.ts';
import { Authority, hasOpenssl, type Certificate } from './certificates.ts';
import { hasMosquitto, Mosquitto } from './mosquitto.ts';
import { BASE, MQTT_CONFIG, TOPIC } from './rig.ts';

/** Real time, for a machine that is busy with something else. */
const DEADLINE_MS = 120_000;
const OUTAGE_SAMPLES = 300;
const USERS = { scooter: 's3cret', narrow: 'n4rrow', reader: 'r3ader' };
const ACL = [
  'user scooter',
  `topic write ${BASE}/#`,
  'user narrow',
  `topic write ${TOPIC}`,
  'user reader',
  'topic read #',
];

const folder = mkdtempSync(join(tmpdir(), 'martinete-mosquitto-'));
const canRun = hasMosquitto() && hasOpenssl();
if (!canRun) process.stderr.write('skipping Mosquitto tests: mosquitto or openssl is not installed\n');

let broker: Mosquitto;
let caFile: string;
let inbox: Inbox;

/** An independent client that receives every message of the broker. */
class Inbox {
  readonly messages: { topic: string; payload: string }[] = [];
  readonly #client: MqttClient;
  #onMessage: () => void = () => undefined;

  /** @param name the client id, by which the broker keeps the session */
  constructor(name: string) {
    this.#client = mqtt.connect(`mqtts://127.0.0.1:${broker.port}`, {
      clientId: name,
      username: 'reader',
      password: USERS.reader,
      ca: readFileSync(caFile),
      clean: false,
      protocolVersion: 4,
      reconnectPeriod: 100,
    });
    this.#client.on('message', (topic, payload) => {
      this.messages.push({ topic, payload: payload.toString() });
      this.#onMessage();
    });
  }

  async open(): Promise<void> {
    await this.#client.subscribeAsync('#', { qos: 1 });
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }

  on(topic: string): string[] {
    return this.messages.filter((message) => message.topic === topic).map(({ payload }) => payload);
  }

  /** Resolves once `isComplete` holds. */
  async until(isComplete: () => boolean): Promise<void> {
    await eventually(isComplete, (check) => (this.#onMessage = check));
  }
}

/** Checks a condition after each event, until it holds. */
async function eventually(holds: () => boolean, onEvent: (check: () => void) => unknown): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no progress in ${DEADLINE_MS} ms`)), DEADLINE_MS);
    const check = (): void => {
      if (!holds()) return;
      clearTimeout(timer);
      resolve();
    };
    onEvent(check);
    check();
  });
}

/** Runs an uplink with an outbox in real time. */
class Client {
  readonly outbox: Outbox;
  logText = '';
  readonly #stop = new AbortController();
  readonly #ended: Promise<unknown>;
  #onLog: () => void = () => undefined;

  private constructor(outbox: Outbox, username: string, password: string) {
    this.outbox = outbox;
    const config = {
      ...MQTT_CONFIG,
      broker: `ssl://127.0.0.1:${broker.port}`,
      username,
      password,
      caFile,
      reconnectMinMs: 100,
      reconnectMaxMs: 200,
      drainRatePerS: 1_000,
    };
    this.#ended = new Uplink({
      config,
      credentials: credentialsOf(config, {}),
      openMqtt: (url, options) => mqtt.connect(url, options),
      outbox,
      counters: new Counters(),
      health: () => '{}',
      random: systemRandom,
      log: createLogger({
        level: 'debug',
        format: 'json',
        sink: {
          write: (line) => {
            this.logText += line;
            this.#onLog();
          },
        },
      }),
    })
      .run(this.#stop.signal)
      .catch(() => undefined);
  }

  static start(username: string, password: string): Client {
    const outbox = Outbox.start({
      bootId: 'boot',
      stores: memoryStores(new MemoryLevel()),
      path: 'outbox',
      log: createLogger({ level: 'silent', format: 'json', sink: { write: () => undefined } }),
      bounds: { maxCount: 1e6, maxBytes: 1e9, maxAgeMs: 1e12, whenFull: 'drop-oldest' },
      now: () => ({ atMs: performance.now(), wallMs: Date.now(), clockSynced: true }),
    });
    return new Client(outbox, username, password);
  }

  append(count: number): void {
    for (let sample = 0; sample < count; sample += 1) {
      void this.outbox.append(({ bootId, seq }) => JSON.stringify({ boot_id: bootId, seq }));
    }
  }

  async untilLogged(text: string): Promise<void> {
    await eventually(
      () => this.logText.includes(text),
      (check) => (this.#onLog = check),
    );
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    await this.outbox.close();
  }
}

let authority: Authority;
let certificate: Certificate;

beforeAll(async () => {
  if (!canRun) return;
  authority = new Authority(folder, 'authority');
  caFile = authority.certificate.certPath;
  certificate = authority.issue('server');
  broker = await Mosquitto.start({ folder, caPath: caFile, certificate, users: USERS, acl: ACL });
});

let client: Client | undefined;
afterEach(async () => {
  await client?.stop();
  client = undefined;
  if (canRun) await inbox.close();
});

afterAll(async () => {
  if (canRun) await broker.kill();
  rmSync(folder, { recursive: true });
});

/** The samples that arrived, without repetitions: a killed broker repeats messages to its subscribers. */
const seqs = (): number[] => [
  ...new Set(inbox.on(TOPIC).map((payload) => (JSON.parse(payload) as { seq: number }).seq)),
];
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe.skipIf(!canRun)('Mosquitto with TLS and passwords', () => {
  it('uses MQTT 5, and gets the whole backlog in order after it was killed and restarted', async () => {
    inbox = new Inbox('outage');
    await inbox.open();
    client = Client.start('scooter', USERS.scooter);
    client.append(5);
    await inbox.until(() => seqs().length === 5);
    // The reader may have a sample before the client has its acknowledgement: killed in between, the broker gets it twice.
    await client.outbox.drained(DEADLINE_MS, new AbortController().signal);
    expect(client.logText).toContain('"mqtt":"5"');
    expect(inbox.on(`${BASE}/status`)).toEqual(['online']);

    expect(existsSync(join(folder, 'mosquitto.db')), 'the subscription is stored on disk').toBe(true);
    await broker.kill();
    await client.untilLogged('no connection to the broker');
    client.append(OUTAGE_SAMPLES);
    expect(client.outbox.usage.count).toBe(OUTAGE_SAMPLES);
    await broker.restart();
    const all = 5 + OUTAGE_SAMPLES;
    await inbox.until(() => seqs().length >= all);
    expect(seqs()).toEqual(upTo(all));
    await client.outbox.drained(DEADLINE_MS, new AbortController().signal);
    expect(client.outbox.usage.count).toBe(0);

    await client.stop();
    await inbox.until(() => inbox.on(`${BASE}/status`).at(-1) === 'offline');
  });

  it('refuses a wrong password, and the client logs that', async () => {
    inbox = new Inbox('password');
    client = Client.start('scooter', 'wr0ng');
    await client.untilLogged('no connection to the broker');
    expect(client.logText).toContain('Connection refused: not authorized');
    expect(client.logText).not.toContain('wr0ng');
  });

  it('that permits only the topic of samples gets them', async () => {
    inbox = new Inbox('narrow');
    await inbox.open();
    client = Client.start('narrow', USERS.narrow);
    client.append(20);
    await inbox.until(() => seqs().length >= 20);
    expect(seqs()).toEqual(upTo(20));
    expect(client.logText).toContain(`The broker rejects messages on ${BASE}/status: not authorized`);
  });
});

describe.skipIf(!canRun)('Mosquitto', () => {
  it.each([
    ['without retained messages', { retain_available: false }, 'it retains no messages'],
    ['with QoS 0 only', { max_qos: 0 }, 'it permits only QoS 0'],
    [
      'with small limits',
      { max_packet_size: 2_000, max_inflight_messages: 1, max_keepalive: 10, max_topic_alias: 1 },
      '',
    ],
  ])('%s gets every sample, and the log says what is missing', async (_what, limits, missing) => {
    await broker.kill();
    const ownFolder = mkdtempSync(join(folder, 'limits-'));
    broker = await Mosquitto.start({
      folder: ownFolder,
      caPath: caFile,
      certificate,
      users: USERS,
      acl: ACL,
      limits,
    });
    inbox = new Inbox('limits');
    await inbox.open();
    client = Client.start('scooter', USERS.scooter);
    client.append(30);
    await inbox.until(() => seqs().length >= 30);
    await client.outbox.drained(DEADLINE_MS, new AbortController().signal);
    expect(seqs()).toEqual(upTo(30));
    expect(client.logText).toContain(missing);
    expect(client.logText).not.toContain('no connection to the broker');
    await inbox.until(() => inbox.on(`${BASE}/status`).includes('online'));
  });
});
