import { H4 } from '../../../hci/socket.ts';
import { parseAdapter, type Adapter } from '../../../hci/adapter.ts';
import { CONSTANT_VALUE, EchoCentral, EchoPeripheral, event } from './echo.ts';
import { formatPacket } from './hci-format.ts';

/** The packets between a host and its controller, as text, by direction. */
export interface Transcript {
  readonly sent: readonly string[];
  readonly received: readonly string[];
}

/** A GATT conversation, recorded at both hosts. */
export interface Conversation {
  readonly central: Transcript;
  readonly peripheral: Transcript;
}

/** Data that are written without and with response. */
const FIRST = Buffer.from('without response');
const SECOND = Buffer.from('with response');

type Packets = Record<keyof Transcript, Buffer[]>;

/**
 * Runs noble and bleno on two controllers at `adapterName`, and performs all GATT operations of a client twice: first
 * the central disconnects, then the peripheral.
 */
export async function recordConversation(adapterName: string): Promise<Conversation> {
  const [central, peripheral]: [Packets, Packets] = [
    { sent: [], received: [] },
    { sent: [], received: [] },
  ];
  const open: { close: () => void }[] = [];
  try {
    const echo = await EchoPeripheral.start(tapped(parseAdapter(adapterName), peripheral));
    open.push(echo);
    const echoCentral = await EchoCentral.start(tapped(parseAdapter(adapterName), central));
    open.push(echoCentral);
    for (const isPeripheralFirst of [false, true]) {
      const link = await echoCentral.connect();
      await link.subscribe();
      expectEqual(await link.write(FIRST, true), FIRST);
      expectEqual(await link.write(SECOND, false), SECOND);
      expectEqual(await link.read(), CONSTANT_VALUE);
      const ends = Promise.all([event(echo.bleno, 'disconnect'), event(link.peripheral, 'disconnect')]);
      if (isPeripheralFirst) echo.bleno.disconnect();
      else link.peripheral.disconnect();
      await ends;
    }
    return { central: transcript(central), peripheral: transcript(peripheral) };
  } finally {
    for (const one of open.reverse()) one.close();
  }
}

function expectEqual(got: Buffer, expected: Buffer): void {
  if (!got.equals(expected))
    throw new Error(`received ${got.toString('hex')}, expected ${expected.toString('hex')}`);
}

/** Records the packets between an adapter and its host. */
function tapped(adapter: Adapter, packets: Packets): Adapter {
  return {
    ...adapter,
    open: () => {
      const socket = adapter.open();
      const write = socket.write.bind(socket);
      socket.on('data', (packet: Buffer) => packets.received.push(packet));
      socket.write = (packet) => {
        packets.sent.push(Buffer.from(packet));
        write(packet);
      };
      return socket;
    },
  };
}

const COMPLETED_PACKETS = 0x13;
const ADVERTISING_REPORT = 'LE Advertising Report';

/** Formats packets without what depends on timing: repeated reports, and how completed packets are grouped. */
function transcript({ sent, received }: Packets): Transcript {
  const isCount = (packet: Buffer): boolean => packet[0] === H4.event && packet[1] === COMPLETED_PACKETS;
  const completed = received.filter(isCount).reduce((sum, packet) => sum + packet.readUInt16LE(6), 0);
  const lines = received.filter((packet) => !isCount(packet)).map(formatPacket);
  return {
    sent: sent.map(formatPacket),
    received: [
      ...lines.filter((line, index) => !line.startsWith(ADVERTISING_REPORT) || lines.indexOf(line) === index),
      `${completed} of ${sent.filter(([type]) => type === H4.acl).length} data packets completed`,
    ],
  };
}
