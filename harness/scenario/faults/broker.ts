import { integer, oneOf } from '../../../client/config/values.ts';
import { parseSampleId } from '../../world/trace/sample-id.ts';
import { duration } from '../format/values.ts';
import { addBehaviour } from './add-behaviour.ts';
import { ArbitraryBrokerPackets, BROKER_GARBAGE } from '../../world/broker/arbitrary-packets.ts';
import type { ReceivedMessage } from '../../world/broker/broker-event.ts';
import { defineFault } from './fault.ts';
import { overrideProperty } from './override-property.ts';

/** Not authorised: MQTT 3.1.1, section 3.2.2.3. */
const NOT_AUTHORISED = 5;

const SERVER_SHUTTING_DOWN = 0x8b;
/** The longest packet: MQTT 5, section 2.1.4. */
const MAX_REMAINING_LENGTH = 268_435_455;
const FOREIGN_ANSWERS = {
  http: Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'),
  // A fatal alert, decode_error: RFC 8446, section 6.
  tls: Buffer.from([0x15, 3, 1, 0, 2, 2, 50]),
  huge: header(0x20, MAX_REMAINING_LENGTH),
} as const;

/** Faults of the broker and of the network to it. */
export const brokerFaults = {
  'broker.stop': defineFault({
    about: 'The broker is stopped: connections are refused.',
    lasts: true,
    begin: ({ broker }) => {
      broker.stop();
      return () => broker.restart();
    },
  }),
  'broker.refuse': defineFault({
    about: 'The broker disconnects the client and rejects its connections.',
    lasts: true,
    parameters: {
      code: { kind: integer('', 2, 5), default: NOT_AUTHORISED, about: 'CONNACK return code (MQTT 3.1.1).' },
    },
    begin: ({ broker }, { code }) => {
      const end = addBehaviour(broker.behaviours, { connectReturnCode: () => code });
      broker.disconnectAll();
      return end;
    },
  }),
  'broker.blackhole': defineFault({
    about: 'Packets to and from the broker are lost without an error.',
    lasts: true,
    begin: ({ broker }) => {
      const end = addBehaviour(broker.behaviours, { onConnect: () => 'silence' });
      broker.sever();
      return end;
    },
  }),
  'broker.slow': defineFault({
    about: 'The broker delays its acknowledgements.',
    lasts: true,
    parameters: {
      by: { kind: duration(0.001, 600), default: 2, typical: [0.05, 15], about: 'Delay.' },
    },
    begin: ({ broker }, { by }) => addBehaviour(broker.behaviours, { delayMs: by }),
  }),
  'broker.lag': defineFault({
    about: 'What is sent to the broker, and what it sends, takes a long time, as over a mobile network.',
    lasts: true,
    parameters: {
      by: { kind: duration(0.001, 60), default: 0.3, typical: [0.02, 5], about: 'Time for each direction.' },
    },
    begin: ({ broker }, { by }) => overrideProperty(broker.network, 'lagMs', by),
  }),
  'broker.split': defineFault({
    about: 'What is sent to the broker, and what it sends, arrives in small parts.',
    lasts: true,
    parameters: {
      bytes: {
        kind: integer('bytes', 1, 10_000),
        default: 1,
        typical: [1, 100],
        about: 'Maximum size of a part.',
      },
    },
    begin: ({ broker }, { bytes }) => overrideProperty(broker.network, 'chunkBytes', bytes),
  }),
  'broker.poison': defineFault({
    about: 'The broker closes the connection when it receives a certain sample.',
    lasts: true,
    parameters: {
      samples: {
        kind: oneOf('one', 'all'),
        default: 'one',
        about: 'Whether that is the next sample that it receives, or each one.',
      },
    },
    begin: ({ broker }, { samples }) => {
      let poison: string | undefined;
      const rejectsMessage = ({ payload, retain }: ReceivedMessage): boolean => {
        if (retain || !parseSampleId(payload)) return false;
        poison ??= payload;
        return samples === 'all' || payload === poison;
      };
      return addBehaviour(broker.behaviours, { rejectsMessage });
    },
  }),
  'broker.forbid': defineFault({
    about:
      'The broker does not let the client publish to one of its topics: in MQTT 5 it rejects the messages, in 3.1.1 it closes the connection.',
    source:
      'MQTT 3.1.1, section 3.3.5, and MQTT 5, section 3.4.2.1; Mosquitto acknowledges with 0x87 what an access control list forbids',
    lasts: true,
    parameters: {
      topic: {
        kind: oneOf('live', 'status', 'scooter', 'health', 'dropped'),
        default: 'health',
        about:
          'The topic: `dropped` is `<base>/health/dropped`, each other value is the last level of its topic.',
      },
    },
    begin: ({ broker }, { topic }) => {
      const end = topic === 'dropped' ? '/health/dropped' : `/${topic}`;
      return addBehaviour(broker.behaviours, { forbidsTopic: (name) => `/${name}`.endsWith(end) });
    },
  }),
  'broker.deaf': defineFault({
    about: 'The broker receives messages and answers pings, but acknowledges nothing.',
    lasts: true,
    begin: ({ broker }) => addBehaviour(broker.behaviours, { isDeaf: true }),
  }),
  'broker.limits': defineFault({
    about: 'The broker is restarted as one of MQTT 5 with limits, and refuses clients that exceed them.',
    lasts: true,
    parameters: {
      retained: { kind: oneOf('yes', 'no'), default: 'no', about: 'Whether it retains messages.' },
      qos: { kind: oneOf('0', '1'), default: '1', about: 'Maximum QoS.' },
      packet: {
        kind: integer('bytes', 800, 268_435_460),
        default: 1_000,
        typical: [800, 20_000],
        about: 'Maximum packet size.',
      },
      in_flight: {
        kind: integer('', 1, 65_535),
        default: 1,
        typical: [1, 100],
        about: 'Maximum number of unacknowledged messages.',
      },
    },
    begin: ({ broker }, { retained, qos, packet, in_flight: receiveMaximum }) => {
      const limits = {
        retainAvailable: retained === 'yes',
        ...(qos === '0' && { maximumQoS: 0 }),
        maximumPacketSize: packet,
        receiveMaximum,
      };
      const end = addBehaviour(broker.behaviours, { limits });
      broker.disconnectAll();
      return () => {
        end();
        broker.disconnectAll();
      };
    },
  }),
  'broker.push': defineFault({
    about: 'The broker sends the client the beginning of a message, although it has subscribed to nothing.',
    lasts: false,
    parameters: {
      bytes: {
        kind: integer('bytes', 2, 268_435_455),
        default: 268_435_455,
        typical: [2, 268_435_455],
        about: 'Length of the message, according to its header.',
      },
    },
    begin: ({ broker }, { bytes }) => {
      broker.send(publishHeader(bytes));
      return undefined;
    },
  }),
  'broker.disconnect': defineFault({
    about: 'The broker disconnects the client with a reason code; one of MQTT 3.1.1 closes the connection.',
    source: 'MQTT 5, section 3.14.2.1',
    lasts: false,
    isDrawn: false,
    parameters: {
      reason: {
        kind: integer('', 0x80, 0xa2),
        default: SERVER_SHUTTING_DOWN,
        about: 'Reason code of DISCONNECT.',
      },
    },
    begin: ({ broker }, { reason }) => {
      broker.disconnectWith(reason);
      return undefined;
    },
  }),
  'broker.reset': defineFault({
    about: 'Connections to the broker are reset, also while they are opened, as by a firewall.',
    source: 'RFC 9293, section 3.10.7.4; Node.js: ECONNRESET',
    lasts: true,
    isDrawn: false,
    begin: ({ broker }) => {
      const end = addBehaviour(broker.behaviours, { onConnect: () => 'reset' });
      broker.resetAll();
      return end;
    },
  }),
  'broker.foreign': defineFault({
    about:
      'Another server listens on the port of the broker: it answers in its own way, and closes the connection.',
    source: 'RFC 9112, section 3; RFC 8446, section 6; MQTT 5, section 2.1.4',
    lasts: true,
    isDrawn: false,
    parameters: {
      server: {
        kind: oneOf('http', 'tls', 'huge'),
        default: 'http',
        about:
          'What answers: a server of HTTP, one that expects TLS, or one that announces a CONNACK of 256 MB.',
      },
    },
    begin: ({ broker }, { server }) => {
      const end = addBehaviour(broker.behaviours, { foreignAnswer: FOREIGN_ANSWERS[server] });
      broker.disconnectAll();
      return end;
    },
  }),
  'broker.announce': defineFault({
    about: 'The broker sends the client the header of an acknowledgement of 256 MB.',
    source: 'MQTT 5, section 2.1.4',
    lasts: false,
    isDrawn: false,
    begin: ({ broker }) => {
      broker.send(header(0x40, MAX_REMAINING_LENGTH));
      return undefined;
    },
  }),
  'broker.garbage': defineFault({
    about:
      'The broker, or whatever has its address, sends what it should not: packets of every kind, whole and damaged, with ' +
      'any reason code and identifier, but no acknowledgement of a message in flight.',
    source: 'MQTT 3.1.1 and 5; a broker that sends the wrong packets is assumed',
    lasts: true,
    isDrawn: false,
    parameters: {
      interval: {
        kind: duration(0.001, 60),
        default: 1,
        typical: [0.05, 10],
        about: 'Time from one to the next.',
      },
      sends: {
        kind: oneOf(...BROKER_GARBAGE),
        default: 'packets',
        about: 'What it sends: packets of MQTT, other bytes, or the beginning of HTTP, TLS or SSH.',
      },
    },
    begin: ({ broker }, { sends, interval }, random) => {
      const packets = new ArbitraryBrokerPackets(random);
      const send = (): void => broker.send(packets.next(sends, broker.lastMessageId));
      send();
      const timer = setInterval(send, interval);
      return () => clearInterval(timer);
    },
  }),
  'broker.flap': defineFault({
    about: 'The broker closes each new connection after a time.',
    lasts: true,
    parameters: {
      after: {
        kind: duration(0.001, 3_600),
        default: 3,
        typical: [0.01, 40],
        about: 'Time from the connection to its close.',
      },
    },
    begin: ({ broker }, { after }) => {
      const end = addBehaviour(broker.behaviours, { closesAfterMs: after });
      broker.disconnectAll();
      return end;
    },
  }),
  'broker.kick': defineFault({
    about: 'The broker closes the connection.',
    lasts: false,
    begin: ({ broker }) => {
      broker.disconnectAll();
      return undefined;
    },
  }),
};

/** The header of a PUBLISH, and the beginning of its topic: MQTT 3.1.1, section 3.3. */
function publishHeader(length: number): Buffer {
  return Buffer.concat([header(0x30, length), Buffer.from([0, 1])]);
}

/** The fixed header of a packet: its first byte, and the length of what follows. */
function header(first: number, length: number): Buffer {
  const bytes = [first];
  for (let rest = length; ; rest = Math.floor(rest / 0x80)) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 0x80) + 0x80);
  }
}
