import { afterEach, describe, expect, it } from 'vitest';
import type { BrokerBehaviour } from '../../world/broker/broker-behaviour.ts';
import { BASE, MQTT_CONFIG, Rig, TOPIC } from './rig.ts';
import { packets, type Answer, type ClientPacket } from './scripted-broker.ts';

const { healthIntervalMs, reconnectMinMs, reconnectMaxMs } = MQTT_CONFIG;
const NOT_AUTHORIZED = 0x87;
const PAYLOAD_FORMAT_INVALID = 0x99;

let rig: Rig;
afterEach(async () => {
  expect(await rig.close(), 'pending timers after the end of the uplink').toBe(0);
});

/** The script of an MQTT 5 broker that acknowledges messages with the code that `reason` returns. */
const answering =
  (reason: (topic: string, payload: string) => number) =>
  (packet: ClientPacket): Answer | undefined => {
    if (packet.type === 'connect') return { bytes: packets.connack(0, 5) };
    if (packet.type === 'pingreq') return { bytes: packets.pingresp };
    if (packet.type !== 'publish' || packet.id === 0) return undefined;
    return { bytes: packets.puback(packet.id, 5, reason(packet.topic, packet.payload)) };
  };

const publishedOn = (topic: string): string[] =>
  rig.scripted.received.flatMap((packet) =>
    packet.type === 'publish' && packet.topic === topic ? [packet.payload] : [],
  );

const seqs = (): number[] =>
  publishedOn(TOPIC).map((payload) => (JSON.parse(payload) as { seq: number }).seq);

/** Maximum number of attempts in a time at the maximum pause. */
const maxAttempts = (ms: number): number => 2 + ms / reconnectMaxMs;

describe('refused credentials', () => {
  const CREDENTIALS = { username: 'scooter', password: 'wrong-0815' };
  const strict: BrokerBehaviour = {
    connectReturnCode: ({ username, password }) =>
      username === 'scooter' && password === 'right' ? undefined : 4,
  };

  it('are retried only after reconnect_max, logged once, and lose no sample', async () => {
    rig = await Rig.start({ credentials: CREDENTIALS });
    rig.broker.behaviours.add(strict);
    rig.run();
    await rig.append(20);
    await rig.clock.advance(600_000);
    expect(rig.attempts.length).toBeLessThanOrEqual(1 + maxAttempts(600_000));
    expect(rig.attempts.length).toBeGreaterThan(15);
    expect(rig.logged).toHaveLength(1);
    expect(rig.logged[0]?.reason).toContain('bad user name or password');
    expect(rig.outbox.usage.count).toBe(20);

    rig.broker.behaviours.delete(strict);
    await rig.clock.advance(reconnectMaxMs + 1_000);
    expect(rig.journal.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(rig.outbox.usage.count).toBe(0);
    expect(rig.logged.map(({ msg }) => msg).slice(1)).toEqual(['connected to the broker']);
  });

  it('are accepted if they are right', async () => {
    rig = await Rig.start({ credentials: { username: 'scooter', password: 'right' } });
    rig.broker.behaviours.add(strict);
    rig.run();
    await rig.clock.advance(reconnectMinMs + 100);
    expect(rig.counters.brokerConnects).toBe(1);
  });

  it('are logged even if the broker was unreachable before', async () => {
    rig = await Rig.start({ credentials: CREDENTIALS });
    rig.broker.behaviours.add(strict);
    rig.broker.stop();
    rig.run();
    await rig.clock.advance(60_000);
    rig.broker.restart();
    await rig.clock.advance(120_000);
    expect(rig.warnings.map(({ reason }) => reason)).toEqual([
      'connect ECONNREFUSED (start the broker, or check host and port of broker in [mqtt])',
      'Connection refused: bad user name or password (check username and password in [mqtt])',
    ]);
  });
});

describe('refused samples', () => {
  it('are retried only after reconnect_max, logged once, and delivered once they are permitted', async () => {
    let mayPublish = false;
    rig = await Rig.start({
      script: answering((topic) => (topic === TOPIC && !mayPublish ? NOT_AUTHORIZED : 0)),
    });
    rig.run();
    await rig.append(20);
    await rig.clock.advance(600_000);
    expect(rig.counters.brokerConnects).toBeLessThanOrEqual(maxAttempts(600_000));
    expect(rig.counters.brokerConnects).toBeGreaterThan(15);
    expect(rig.warnings).toHaveLength(1);
    expect(rig.warnings[0]?.reason).toContain(`The broker rejects messages on ${TOPIC}: not authorized`);
    expect(rig.logged).toHaveLength(2);
    expect(rig.outbox.usage.count).toBe(20);

    mayPublish = true;
    const before = seqs().length;
    await rig.clock.advance(reconnectMaxMs + 1_000);
    expect(seqs().slice(before)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(rig.outbox.usage.count).toBe(0);
  });

  it('on which the broker closes the connection lose one sample at most, which is quarantined', async () => {
    rig = await Rig.start();
    const refusing: BrokerBehaviour = { rejectsMessage: ({ topic }) => topic === TOPIC };
    rig.broker.behaviours.add(refusing);
    rig.run();
    await rig.append(20);
    await rig.clock.advance(900_000);
    const pauses = rig.pausesMs.slice(7);
    expect(pauses.length).toBeLessThanOrEqual((2 * 900_000) / reconnectMaxMs);
    const logged = rig.warnings.map(({ msg }) => msg);
    expect(new Set(logged)).toEqual(
      new Set([
        'no connection to the broker, samples are queued up to the limits of [outbox]',
        'dropped 1 sample',
      ]),
    );
    expect(logged.length).toBeLessThanOrEqual(8);
    expect(rig.outbox.usage.count).toBe(19);
    expect(rig.outbox.ledger.totals).toEqual({ refused: 1 });

    rig.broker.behaviours.delete(refusing);
    const before = rig.journal.length;
    await rig.clock.advance(reconnectMaxMs + 1_000);
    expect(rig.journal.slice(before).map(({ seq }) => seq)).toEqual(
      Array.from({ length: 19 }, (_, index) => index + 2),
    );
  });

  it('because of the contents of one are delivered except that one, which is quarantined', async () => {
    rig = await Rig.start({
      script: answering((_topic, payload) => (payload.includes('poison') ? PAYLOAD_FORMAT_INVALID : 0)),
    });
    rig.run();
    await rig.append(5);
    await rig.append(1, 'poison');
    await rig.append(5);
    await rig.clock.advance(300_000);
    expect(seqs().filter((seq) => seq === 6).length).toBeLessThanOrEqual(7);
    expect(new Set(seqs())).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]));
    expect(rig.outbox.usage.count).toBe(0);
    expect(rig.outbox.ledger.ranges).toMatchObject([{ from: 6, to: 6, reason: 'refused' }]);
  });
});

describe('a broker that accepts only samples', () => {
  const OTHER_TOPICS = ['status', 'scooter', 'live', 'health'].map((level) => `${BASE}/${level}`);
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

  /** Publishes on all topics. */
  async function publishAll(): Promise<void> {
    rig.uplink.publishScooterState('searching');
    rig.uplink.publishLive('{}');
    await rig.append(20);
    rig.run();
  }

  it('by acknowledgement gets them on the first connection, and each refused topic is logged once', async () => {
    rig = await Rig.start({ script: answering((topic) => (topic === TOPIC ? 0 : NOT_AUTHORIZED)) });
    await publishAll();
    await rig.clock.advance(1_500_000);
    expect(seqs()).toEqual(upTo(20));
    expect(rig.counters.brokerConnects).toBe(1);
    expect(rig.warnings.map(({ topic }) => topic)).toEqual(
      OTHER_TOPICS.filter((topic) => !topic.endsWith('/live')),
    );
    expect(publishedOn(`${BASE}/health`).length).toBeLessThan(5);
  });

  it('gets the state of the scooter on the same connection with a health report after ten minutes', async () => {
    let mayPublish = false;
    rig = await Rig.start({
      script: answering((topic) => (topic === TOPIC || mayPublish ? 0 : NOT_AUTHORIZED)),
    });
    await publishAll();
    await rig.clock.advance(300_000);
    mayPublish = true;
    rig.uplink.publishScooterState('connected');
    await rig.clock.advance(300_000 + healthIntervalMs + 1_000);
    expect(publishedOn(`${BASE}/scooter`)).toEqual(['searching', 'connected']);
    expect(rig.counters.brokerConnects).toBe(1);
    await rig.clock.advance(3 * healthIntervalMs);
    expect(publishedOn(`${BASE}/scooter`)).toHaveLength(2);
  });

  it('and closes the connection on others gets the samples within minutes', async () => {
    rig = await Rig.start();
    rig.broker.behaviours.add({ rejectsMessage: ({ topic }) => topic !== TOPIC });
    await publishAll();
    await rig.clock.advance(600_000);
    expect(rig.journal.map(({ seq }) => seq)).toEqual(upTo(20));
    expect(rig.outbox.ledger.totals).toEqual({});
    const loggedTopics = rig.warnings.flatMap(({ topic }) => (topic === undefined ? [] : [topic]));
    expect(new Set(loggedTopics)).toEqual(new Set(OTHER_TOPICS));
    expect(loggedTopics).toHaveLength(OTHER_TOPICS.length);
  });

  it.each(['status', 'scooter', 'live', 'health'])(
    'and closes the connection on %s costs one connection every ten minutes',
    async (level) => {
      rig = await Rig.start();
      rig.broker.behaviours.add({ rejectsMessage: ({ topic }) => topic === `${BASE}/${level}` });
      await publishAll();
      await rig.clock.advance(500_000);
      const before = rig.counters.brokerConnects;
      for (let minute = 0; minute < 60; minute++) {
        rig.uplink.publishLive('{}');
        rig.uplink.publishScooterState(minute % 2 > 0 ? 'connected' : 'searching');
        await rig.clock.advance(60_000);
      }
      expect(rig.counters.brokerConnects - before).toBe(6);
    },
  );

  it('whose refused topic is searched for is not taken to refuse another one, because a sample is published', async () => {
    rig = await Rig.start();
    rig.broker.behaviours.add({ rejectsMessage: ({ topic }) => topic === `${BASE}/live`, delayMs: 500 });
    await publishAll();
    for (let count = 0; count < 400; count++) {
      rig.uplink.publishLive('{}');
      await rig.clock.advance(100);
    }
    const loggedTopics = rig.warnings.flatMap(({ topic }) => (topic === undefined ? [] : [topic]));
    expect(loggedTopics).toEqual([`${BASE}/live`]);
  });

  it('and is searched for the refused topic gets the newest message of each topic last', async () => {
    rig = await Rig.start();
    const narrow: BrokerBehaviour = { rejectsMessage: ({ topic }) => topic !== TOPIC };
    rig.broker.behaviours.add(narrow);
    await publishAll();
    await rig.clock.advance(reconnectMinMs + 1_000);
    rig.broker.behaviours.delete(narrow);
    rig.broker.behaviours.add({ delayMs: 2_000 });
    const before = rig.events.length;
    await rig.clock.advance(reconnectMinMs);
    rig.uplink.publishScooterState('connected');
    rig.uplink.publishLive('{"seq":2}');
    await rig.clock.advance(20_000);
    const lastOn = (level: string): string | undefined => rig.received(`${BASE}/${level}`).at(-1)?.payload;
    expect(lastOn('scooter')).toBe('connected');
    expect(lastOn('live')).toBe('{"seq":2}');
    const wasProbed = rig.events
      .slice(before)
      .some((event) => event.type === 'received' && event.topic === `${BASE}/live` && event.qos === 1);
    expect(wasProbed).toBe(true);
  });

  it('gets the other topics again later, if it accepts them by then', async () => {
    rig = await Rig.start();
    const narrow: BrokerBehaviour = { rejectsMessage: ({ topic }) => topic !== TOPIC };
    rig.broker.behaviours.add(narrow);
    await publishAll();
    await rig.clock.advance(600_000);
    rig.broker.behaviours.delete(narrow);
    await rig.clock.advance(600_000);
    const before = rig.events.length;
    rig.broker.disconnectAll();
    await rig.clock.advance(reconnectMaxMs);
    const topics = rig.events
      .slice(before)
      .flatMap((event) => (event.type === 'received' ? [event.topic] : []));
    for (const topic of OTHER_TOPICS) expect(topics).toContain(topic);
  });
});
