import { oneOf } from '../../../client/config/values.ts';
import { duration } from '../format/values.ts';
import { ArbitraryPackets } from '../../world/radio/arbitrary-packets.ts';
import { COMMANDS } from '../../world/radio/command-table.ts';
import { isDisconnection } from '../../world/radio/events.ts';
import type { VirtualAdapter } from '../../world/radio/virtual-adapter.ts';
import { addBehaviour } from './add-behaviour.ts';
import { shareParameter } from './share-parameter.ts';
import { defineFault } from './fault.ts';
import { whileActive } from './while-active.ts';

/** Unplugs the adapter while at least one of several overlapping faults keeps it unplugged. @returns ends this fault */
function keepUnplugged(adapter: VirtualAdapter): () => void {
  return whileActive(adapter, 'unplugged', () => {
    adapter.unplug();
    return () => adapter.plug();
  });
}

/** Faults of the Pi's Bluetooth adapter. */
export const adapterFaults = {
  'adapter.down': defineFault({
    about: 'The adapter is unplugged: no event is reported, and it cannot be opened.',
    lasts: true,
    begin: ({ adapter }) => keepUnplugged(adapter),
  }),
  'adapter.flap': defineFault({
    about: 'The adapter is unplugged and plugged in again.',
    lasts: false,
    parameters: {
      takes: {
        kind: duration(0.001, 60),
        default: 0.5,
        typical: [0.01, 2],
        about: 'Time until it is back.',
      },
    },
    begin: ({ adapter }, { takes }) => {
      const plug = keepUnplugged(adapter);
      const timer = setTimeout(plug, takes);
      return () => {
        clearTimeout(timer);
        plug();
      };
    },
  }),
  'adapter.mute': defineFault({
    about: 'The adapter neither responds to commands nor reports events.',
    lasts: true,
    begin: ({ adapter }) =>
      whileActive(adapter, 'mute', () => {
        adapter.mute(true);
        return () => adapter.mute(false);
      }),
  }),
  'adapter.reject': defineFault({
    about: 'The adapter rejects attempts to connect until it is reset.',
    lasts: true,
    begin: ({ adapter }) => {
      adapter.controller.rejectsConnections = true;
      return () => {
        adapter.controller.rejectsConnections = false;
      };
    },
  }),
  'adapter.holds': defineFault({
    about:
      'The adapter still holds a connection that its host does not know of, and rejects others until it is reset.',
    source:
      'Bluetooth Core Vol 1 Part F, 2.11: Connection Already Exists; an event about that connection was lost',
    lasts: false,
    isDrawn: false,
    begin: ({ adapter }) => {
      adapter.controller.holdsConnection = true;
      return () => {
        adapter.controller.holdsConnection = false;
      };
    },
  }),
  'adapter.unscanning': defineFault({
    about: 'The adapter rejects each start of a scan until it is reset.',
    source: 'Bluetooth Core Vol 1 Part F, 2.12: Command Disallowed; what leads to it is assumed',
    lasts: false,
    isDrawn: false,
    begin: ({ adapter }) => {
      adapter.controller.rejectsScans = true;
      return () => {
        adapter.controller.rejectsScans = false;
      };
    },
  }),
  'adapter.slow': defineFault({
    about: 'The adapter executes commands, but its replies to them come late; other events do not.',
    source:
      'command timeouts after 2 s in the kernel logs of many Raspberry Pis (`hci0: command 0x200c tx timeout`)',
    lasts: true,
    parameters: {
      by: { kind: duration(0.001, 60), default: 2, typical: [0.05, 8], about: 'Delay.' },
    },
    begin: ({ adapter }, { by }) => addBehaviour(adapter.replyDelays, () => by),
  }),
  'adapter.silent': defineFault({
    about: 'The adapter executes commands, but some of its replies to them are lost.',
    source: 'the same logs; the share is assumed',
    lasts: true,
    parameters: {
      share: shareParameter('Share of replies that are lost.', [0.05, 0.9]),
    },
    begin: ({ adapter }, { share: lost }, random) =>
      addBehaviour(adapter.replyDelays, () => (random.unit() < lost ? undefined : 0)),
  }),
  'adapter.unreported': defineFault({
    about: 'The adapter does not report that a connection has ended.',
    source:
      'https://github.com/noble/noble/issues/474 and 771: on a Raspberry Pi 3, noble misses that a connection has ended',
    lasts: true,
    begin: ({ adapter }) => addBehaviour(adapter.dropFilters, isDisconnection),
  }),
  'adapter.reset': defineFault({
    about:
      'The controller of the adapter resets itself: connections, scans and settings are gone, without an event for them.',
    source:
      'Bluetooth Core Vol 4 Part E, 7.7.16; a report of a Raspberry Pi 4 (`hardware error 0x03` while it scans and ' +
      'connects), whose kernel then resets the adapter, which it does not in the user channel',
    lasts: false,
    parameters: {
      report: {
        kind: oneOf('yes', 'no'),
        default: 'yes',
        about: 'Whether it reports that by the event Hardware Error.',
      },
    },
    begin: ({ adapter }, { report }) => {
      adapter.controller.failHardware(report === 'yes');
      return undefined;
    },
  }),
  'adapter.garbage': defineFault({
    about:
      'The adapter sends packets that are not due: data and events of every kind, of right and wrong lengths, with the ' +
      'handles of connections and with others.',
    source: 'Bluetooth Core Vol 4 Part E, 5.4 and 7.7; an adapter that sends the wrong ones is assumed',
    lasts: true,
    isDrawn: false,
    parameters: {
      interval: {
        kind: duration(0.001, 60),
        default: 0.2,
        typical: [0.02, 5],
        about: 'Time from one packet to the next.',
      },
    },
    begin: ({ adapter: { controller } }, { interval }, random) => {
      const packets = new ArbitraryPackets(random);
      const opcodes = Object.keys(COMMANDS).map(Number);
      const timer = setInterval(() => {
        const handles = controller.connections.map(({ handle }) => handle);
        controller.host.send(packets.next({ handles, opcodes }));
      }, interval);
      return () => clearInterval(timer);
    },
  }),
  'adapter.taken': defineFault({
    about:
      'Another program, such as a Bluetooth service, uses the adapter exclusively as soon as it is free: it cannot be opened.',
    source:
      'Linux 6.1 and 6.12: while a program holds the user channel, others can neither bind it nor power the adapter off',
    lasts: true,
    begin: ({ adapter }) => adapter.take(),
  }),
  'adapter.autoenable': defineFault({
    about: 'A Bluetooth service powers the adapter on whenever it is free, as bluetoothd does.',
    lasts: true,
    parameters: {
      takes: {
        kind: duration(0.001, 60),
        default: 0.1,
        typical: [0.03, 3],
        about: 'Time until the service powers on an adapter that has become free.',
      },
    },
    begin: ({ adapter }, { takes }) => adapter.autoEnable(takes),
  }),
};
