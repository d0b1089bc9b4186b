import type { IClientOptions, MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { virtualClock, type Clock } from '../clock/clock.ts';
import type { BrokerLimits } from './mqtt5-gateway.ts';
import type { BrokerEvent } from './broker-event.ts';
import type { VirtualBroker } from './virtual-broker.ts';

let clock: Clock;
let broker: VirtualBroker;
let client: MqttClient | undefined;
/** What the client has received, and the ends of its connection. */
let received: string[];
let events: BrokerEvent[];

beforeEach(async () => {
  clock = virtualClock();
  received = [];
  events = [];
  const { VirtualBroker: Broker } = await import('./virtual-broker.ts');
  broker = await clock.until(Broker.start({ onEvent: (event) => events.push(event) }));
});

afterEach(async () => {
  client?.end(true);
  client = undefined;
  await clock.until(broker.close());
  clock.close();
});

/** Connects a client that does what it wants. */
async function connect(options: IClientOptions = {}): Promise<MqttClient> {
  const opened = broker.open('mqtt://virtual', {
    clientId: 'test',
    protocolVersion: 5,
    reconnectPeriod: 0,
    keepalive: 20,
    ...options,
  });
  client = opened;
  opened.on('packetreceive', (packet) => {
    const { cmd } = packet;
    const reason =
      cmd === 'connack' || cmd === 'disconnect' || cmd === 'puback' ? packet.reasonCode : undefined;
    received.push(reason === undefined ? cmd : `${cmd} 0x${reason.toString(16)}`);
  });
  opened.on('close', () => received.push('close'));
  opened.on('error', () => undefined);
  await clock.advance(100);
  return opened;
}

describe('a broker that is deaf', () => {
  it('acknowledges nothing, and keeps the connection by answering pings', async () => {
    broker.behaviours.add({ isDeaf: true });
    const publisher = await connect({ protocolVersion: 4 });
    for (let count = 0; count < 64; count += 1) publisher.publish('a', 'b', { qos: 1 });
    await clock.advance(120_000);
    expect(received.filter((packet) => packet === 'pingresp').length).toBeGreaterThanOrEqual(5);
    expect(received).not.toContain('puback');
    expect(received).not.toContain('close');
  });
});

describe('a broker that refuses a client', () => {
  it.each([
    ['MQTT 5', 5, { limits: {} }, 'connack 0x87'],
    ['MQTT 3.1.1', 4, {}, 'connack'],
  ] as const)(
    'with %s reports the return code that it sends',
    async (_, protocolVersion, limits, connack) => {
      broker.behaviours.add({ ...limits, connectReturnCode: () => 5 });
      await connect({ protocolVersion });
      expect(received).toEqual([connack, 'close']);
      expect(events).toContainEqual(expect.objectContaining({ type: 'refused', code: 5 }));
    },
  );

  it.each([
    ['MQTT 5', 5, { limits: {} }],
    ['MQTT 3.1.1', 4, {}],
  ] as const)(
    'with %s reports no return code that its closed connection does not carry',
    async (_, protocolVersion, limits) => {
      const connectReturnCode = (): number => {
        broker.disconnectAll();
        return 5;
      };
      broker.behaviours.add({ ...limits, connectReturnCode });
      await connect({ protocolVersion });
      expect(received).toEqual(['close']);
      expect(events.filter(({ type }) => type === 'refused')).toEqual([
        { type: 'refused', clientId: 'test', atMs: expect.any(Number) as number },
      ]);
    },
  );
});

describe('a broker of MQTT 5 with limits', () => {
  /** Lets a client connect and publish. */
  async function publish(
    limits: BrokerLimits,
    { qos = 1, retain = false, payload = 'b', count = 1, alias = 0 } = {},
  ): Promise<string[]> {
    broker.behaviours.add({ limits, delayMs: 1_000 });
    const publisher = await connect();
    for (let left = count; left > 0; left -= 1) {
      const properties = alias > 0 ? { properties: { topicAlias: alias } } : {};
      publisher.publish('a', payload, { qos: qos === 0 ? 0 : 1, retain, ...properties });
    }
    await clock.advance(5_000);
    return received;
  }

  it('states them, and accepts what respects them', async () => {
    const limits = { maximumQoS: 1, receiveMaximum: 2, maximumPacketSize: 100, topicAliasMaximum: 1 };
    expect(await publish(limits, { count: 2, alias: 1 })).toEqual([
      'connack 0x0',
      'puback 0x0',
      'puback 0x0',
    ]);
    expect(client?.serverProperties).toMatchObject(limits);
    expect(broker.violations).toEqual([]);
  });

  it.each([
    ['a retained message', 0x9a, { retainAvailable: false }, { retain: true }],
    ['a message at QoS 1', 0x9b, { maximumQoS: 0 }, {}],
    ['one message too many in flight', 0x93, { receiveMaximum: 2 }, { count: 3 }],
    ['a packet that is too large', 0x95, { maximumPacketSize: 50 }, { payload: 'x'.repeat(50) }],
  ])('disconnects a client that sends %s with reason code %d', async (_what, reason, limits, options) => {
    const packets = await publish(limits, options);
    expect(packets.slice(-2)).toEqual([`disconnect 0x${reason.toString(16)}`, 'close']);
    expect(broker.violations).toEqual([reason]);
  });

  it.each([
    ['retained', 0x9a, { retainAvailable: false }, { retain: true, qos: 0 }],
    ['at QoS 1', 0x9b, { maximumQoS: 0 }, { retain: false, qos: 1 }],
  ] as const)('refuses a will that is %s with reason code %d', async (_what, reason, limits, will) => {
    broker.behaviours.add({ limits });
    await connect({ will: { topic: 'a', payload: Buffer.from('b'), ...will } });
    expect(received).toEqual([`connack 0x${reason.toString(16)}`, 'close']);
    expect(events).toContainEqual(expect.objectContaining({ type: 'refused', code: reason }));
  });

  it('refuses MQTT 3.1.1', async () => {
    broker.behaviours.add({ limits: {} });
    await connect({ protocolVersion: 4 });
    expect(received).toEqual(['connack', 'close']);
    expect(client?.connected).toBe(false);
  });
});

describe('a broker that forbids a topic', () => {
  /** Lets a client publish a forbidden message and a permitted one. */
  async function publish(options: IClientOptions): Promise<void> {
    broker.behaviours.add({ forbidsTopic: (topic) => topic === 'a', delayMs: 100 });
    const publisher = await connect(options);
    for (const topic of ['a', 'b']) publisher.publish(topic, 'c', { qos: 1, retain: true });
    await clock.advance(1_000);
    const forbidden = events.flatMap((event) =>
      event.type === 'received' && event.isForbidden ? [event.topic] : [],
    );
    expect(forbidden).toEqual(['a']);
  }

  /** What a broker of MQTT 5 answers. */
  async function acknowledgements(isDeaf: boolean): Promise<readonly string[]> {
    broker.behaviours.add({ limits: { receiveMaximum: 2 } });
    if (isDeaf) broker.behaviours.add({ isDeaf });
    await publish({});
    return received;
  }

  it('rejects its messages in MQTT 5, and goes on', async () => {
    expect(await acknowledgements(false)).toEqual(['connack 0x0', 'puback 0x87', 'puback 0x0']);
    const { Subscriber } = await import('./virtual-broker.ts');
    const seen: string[] = [];
    broker.behaviours.clear();
    const subscriber = new Subscriber(broker.open, {
      url: 'mqtt://virtual',
      topic: '#',
      onMessage: (payload, topic) => seen.push(`${topic} ${payload}`),
    });
    await clock.advance(1_000);
    await clock.until(subscriber.close());
    expect(seen).toEqual(['b c']);
  });

  it('acknowledges nothing if it is deaf as well', async () => {
    expect(await acknowledgements(true)).toEqual(['connack 0x0']);
  });

  it('closes the connection in MQTT 3.1.1', async () => {
    await publish({ protocolVersion: 4 });
    expect(received).toEqual(['connack', 'close']);
  });
});

describe('a broker that demands a login', () => {
  it.each([
    ['the right one', { username: 'rider', password: 'secret' }, ['connack']],
    ['a wrong password', { username: 'rider', password: 'secret\r' }, ['connack', 'close']],
    ['none', {}, ['connack', 'close']],
  ])('answers a client with %s', async (_, credentials, expected) => {
    const { VirtualBroker: Broker } = await import('./virtual-broker.ts');
    await clock.until(broker.close());
    const login = { username: 'rider', password: 'secret' };
    broker = await clock.until(Broker.start({ login, onEvent: (event) => events.push(event) }));
    await connect({ protocolVersion: 4, ...credentials });
    expect(received).toEqual(expected);
    const refused = events.filter(({ type }) => type === 'refused');
    expect(refused).toMatchObject(expected.length > 1 ? [{ code: 4 }] : []);
  });
});

describe('a broker of MQTT 5', () => {
  it('closes a connection that is silent for longer than the keep-alive that it demands', async () => {
    broker.behaviours.add({ limits: { serverKeepAlive: 4 } });
    const silent = await connect();
    silent.options.keepalive = 0;
    silent.keepaliveManager.destroy();
    await clock.advance(7_000);
    expect(received).toEqual(['connack 0x0', 'close']);
  });

  it('disconnects with a reason code; one of MQTT 3.1.1 closes the connection', async () => {
    await connect({ protocolVersion: 4 });
    broker.disconnectWith(0x8b);
    await clock.advance(100);
    expect(received.splice(0)).toEqual(['connack', 'close']);
    broker.behaviours.add({ limits: {} });
    await connect();
    broker.disconnectWith(0x8b);
    await clock.advance(100);
    expect(received).toEqual(['connack 0x0', 'disconnect 0x8b', 'close']);
  });
});

describe('a network that resets connections', () => {
  it('does so while they are open, and while they are opened', async () => {
    const errors: unknown[] = [];
    const open = await connect({ protocolVersion: 4 });
    open.on('error', (error) => errors.push('code' in error ? error.code : undefined));
    broker.resetAll();
    await clock.advance(100);
    broker.behaviours.add({ onConnect: () => 'reset' });
    const again = broker.open('mqtt://virtual', { clientId: 'test', protocolVersion: 4, reconnectPeriod: 0 });
    again.on('error', (error) => errors.push('code' in error ? error.code : undefined));
    await clock.advance(100);
    expect(errors).toEqual(['ECONNRESET', 'ECONNRESET']);
    expect(events.at(-1)).toMatchObject({ type: 'refused' });
  });
});

describe('another server on the port of a broker', () => {
  it('answers CONNECT with bytes of its own, and closes the connection', async () => {
    broker.behaviours.add({ foreignAnswer: Buffer.from('HTTP/1.1 400 Bad Request') });
    const opened = broker.open('mqtt://virtual', {
      clientId: 'test',
      protocolVersion: 4,
      reconnectPeriod: 0,
    });
    const bytes: Buffer[] = [];
    opened.stream.prependListener('data', (chunk: Buffer) => bytes.push(chunk));
    opened.on('error', () => undefined);
    await clock.advance(100);
    expect(String(Buffer.concat(bytes))).toBe('HTTP/1.1 400 Bad Request');
    expect(opened.connected).toBe(false);
    expect(events.map(({ type }) => type)).toEqual(['attempt', 'refused']);
  });
});
