import { afterEach, describe, expect, it } from 'vitest';
import type { BrokerBehaviour } from '../../world/broker/virtual-broker.ts';
import { BASE, MQTT_CONFIG, Rig, TOPIC } from './rig.ts';
import { packets, type Answer, type ClientPacket } from './scripted-broker.ts';

const { reconnectMinMs, reconnectMaxMs } = MQTT_CONFIG;
const NOT_AUTHORIZED = 0x87;
const PAYLOAD_FORMAT_INVALID = 0x99;

let rig: Rig;
afterEach(async () => {
  expect(await rig.end(), 'timers that outlive the uplink').toBe(0);
});

/** A broker of MQTT 5 that answers what it is asked, but for what `reason` says. */
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

/** How often a client may try in a time that asks for the longest pauses. */
const atMostIn = (ms: number): number => 2 + ms / reconnectMaxMs;

describe('refused credentials', () => {
  const CREDENTIALS = { username: 'scooter', password: 'wrong-0815' };
  const strict: BrokerBehaviour = {
    admission: ({ username, password }) => (username === 'scooter' && password === 'right' ? undefined : 4),
  };

  it('are shown again only after reconnect_max, told about once, and cost no sample', async () => {
    rig = await Rig.start({ credentials: CREDENTIALS });
    rig.broker.behaviours.add(strict);
    rig.run();
    await rig.append(20);
    await rig.clock.advance(600_000);
    expect(rig.attempts.length).toBeLessThanOrEqual(1 + atMostIn(600_000));
    expect(rig.attempts.length).toBeGreaterThan(15);
    expect(rig.said).toHaveLength(1);
    expect(rig.said[0]?.reason).toContain('Bad username or password');
    expect(rig.outbox.fill.count).toBe(20);

    rig.broker.behaviours.delete(strict);
    await rig.clock.advance(reconnectMaxMs + 1_000);
    expect(rig.journal.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(rig.outbox.fill.count).toBe(0);
    expect(rig.said.map(({ msg }) => msg).slice(1)).toEqual(['connected to the broker']);
  });

  it('that are right open the door', async () => {
    rig = await Rig.start({ credentials: { username: 'scooter', password: 'right' } });
    rig.broker.behaviours.add(strict);
    rig.run();
    await rig.clock.advance(reconnectMinMs + 100);
    expect(rig.counters.brokerConnects).toBe(1);
  });

  it('are told about even where the broker was away before', async () => {
    rig = await Rig.start({ credentials: CREDENTIALS });
    rig.broker.behaviours.add(strict);
    rig.broker.stop();
    rig.run();
    await rig.clock.advance(60_000);
    rig.broker.restart();
    await rig.clock.advance(120_000);
    expect(rig.warnings.map(({ reason }) => reason)).toEqual([
      'connect ECONNREFUSED',
      'Connection refused: Bad username or password',
    ]);
  });
});

describe('a refused journal', () => {
  it('is offered again only after reconnect_max, told about once, and delivered once it may be', async () => {
    let mayPublish = false;
    rig = await Rig.start({
      script: answering((topic) => (topic === TOPIC && !mayPublish ? NOT_AUTHORIZED : 0)),
    });
    rig.run();
    await rig.append(20);
    await rig.clock.advance(600_000);
    expect(rig.counters.brokerConnects).toBeLessThanOrEqual(atMostIn(600_000));
    expect(rig.counters.brokerConnects).toBeGreaterThan(15);
    expect(rig.warnings).toHaveLength(1);
    expect(rig.warnings[0]?.reason).toBe(`The broker refuses what is published on ${TOPIC}: Not authorized`);
    expect(rig.said).toHaveLength(2);
    expect(rig.outbox.fill.count).toBe(20);

    mayPublish = true;
    const before = seqs().length;
    await rig.clock.advance(reconnectMaxMs + 1_000);
    expect(seqs().slice(before)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(rig.outbox.fill.count).toBe(0);
  });

  it('on which the broker just hangs up costs one sample at most, which is kept aside', async () => {
    rig = await Rig.start();
    const refusing: BrokerBehaviour = { refuses: ({ topic }) => topic === TOPIC };
    rig.broker.behaviours.add(refusing);
    rig.run();
    await rig.append(20);
    await rig.clock.advance(900_000);
    const pauses = rig.pausesMs.slice(7);
    expect(pauses.length).toBeLessThanOrEqual((2 * 900_000) / reconnectMaxMs);
    expect(rig.warnings).toHaveLength(1);
    expect(rig.outbox.fill.count).toBe(19);
    expect(rig.outbox.ledger.totals).toEqual({ refused: 1 });

    rig.broker.behaviours.delete(refusing);
    const before = rig.journal.length;
    await rig.clock.advance(reconnectMaxMs + 1_000);
    expect(rig.journal.slice(before).map(({ seq }) => seq)).toEqual(
      Array.from({ length: 19 }, (_, index) => index + 2),
    );
  });

  it('of one sample, for what is in it, sets that one aside and lets the others go', async () => {
    rig = await Rig.start({
      script: answering((_topic, payload) => (payload.includes('poison') ? PAYLOAD_FORMAT_INVALID : 0)),
    });
    rig.run();
    await rig.append(5);
    await rig.append(1, 'poison');
    await rig.append(5);
    await rig.clock.advance(120_000);
    expect(seqs().filter((seq) => seq === 6)).toHaveLength(3);
    expect(new Set(seqs())).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]));
    expect(rig.outbox.fill.count).toBe(0);
    expect(rig.outbox.ledger.ranges).toMatchObject([{ from: 6, to: 6, reason: 'refused' }]);
  });
});

describe('a broker that takes samples and nothing else', () => {
  const NOTICES = ['status', 'scooter', 'live', 'health'].map((level) => `${BASE}/${level}`);
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

  /** All that the client has to say. */
  async function begin(): Promise<void> {
    rig.uplink.scooter('searching');
    rig.uplink.live('{}');
    await rig.append(20);
    rig.run();
  }

  it('and says so gets them on the first connection, and each other topic is told about once', async () => {
    rig = await Rig.start({ script: answering((topic) => (topic === TOPIC ? 0 : NOT_AUTHORIZED)) });
    await begin();
    await rig.clock.advance(1_500_000);
    expect(seqs()).toEqual(upTo(20));
    expect(rig.counters.brokerConnects).toBe(1);
    expect(rig.warnings.map(({ topic }) => topic)).toEqual(
      NOTICES.filter((topic) => !topic.endsWith('/live')),
    );
    expect(publishedOn(`${BASE}/health`).length).toBeLessThan(5);
  });

  it('but hangs up on the rest gets them nevertheless, in minutes', async () => {
    rig = await Rig.start();
    rig.broker.behaviours.add({ refuses: ({ topic }) => topic !== TOPIC });
    await begin();
    await rig.clock.advance(600_000);
    expect(rig.journal.map(({ seq }) => seq)).toEqual(upTo(20));
    expect(rig.outbox.ledger.totals).toEqual({});
    const told = rig.warnings.flatMap(({ topic }) => (topic === undefined ? [] : [topic]));
    expect(new Set(told)).toEqual(new Set(NOTICES));
    expect(told).toHaveLength(NOTICES.length);
  });

  it('is tried with the rest again later, in case it has changed its mind', async () => {
    rig = await Rig.start();
    const narrow: BrokerBehaviour = { refuses: ({ topic }) => topic !== TOPIC };
    rig.broker.behaviours.add(narrow);
    await begin();
    await rig.clock.advance(600_000);
    rig.broker.behaviours.delete(narrow);
    await rig.clock.advance(600_000);
    const before = rig.events.length;
    rig.broker.kick();
    await rig.clock.advance(reconnectMaxMs);
    const topics = rig.events
      .slice(before)
      .flatMap((event) => (event.type === 'received' ? [event.topic] : []));
    for (const topic of NOTICES) expect(topics).toContain(topic);
  });
});
