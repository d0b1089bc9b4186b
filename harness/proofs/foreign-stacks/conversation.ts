import { H4 } from '../../../hci/socket.ts';
import { parseAdapter, type Adapter } from '../../../hci/adapter.ts';
import { CONSTANT_VALUE, EchoCentral, EchoPeripheral, event } from './echo.ts';
import { formatPacket } from './hci-format.ts';

/** What passed between a host and its controller, in words; each direction in its order. */
export interface Transcript {
  readonly sent: readonly string[];
  readonly received: readonly string[];
}

/** A whole GATT conversation, as both hosts had it. */
export interface Conversation {
  readonly central: Transcript;
  readonly peripheral: Transcript;
}

/** What is written without response, and with it. */
const FIRST = Buffer.from('without response');
const SECOND = Buffer.from('with response');

type Packets = Record<keyof Transcript, Buffer[]>;

/**
 * Lets noble and bleno, on two controllers of those that are found under `adapterName`, go through everything that a
 * client does with a scooter, twice: the first time the central hangs up, then the peripheral.
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
    const seeker = await EchoCentral.start(tapped(parseAdapter(adapterName), central));
    open.push(seeker);
    for (const isPeripheralFirst of [false, true]) {
      const link = await seeker.connect();
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

function expectEqual(got: Buffer, wanted: Buffer): void {
  if (!got.equals(wanted)) throw new Error(`${got.toString('hex')} came, not ${wanted.toString('hex')}`);
}

/** Keeps what passes between an adapter and its host. */
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

/** In words, without what depends on the moment: how often an advertiser is heard, and how packets are counted together. */
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
