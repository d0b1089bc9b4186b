import { integer, oneOf } from '../../../client/config/values.ts';
import { NORDIC_UART, normalizeUuid, XIAOMI } from '../../../protocol/gatt.ts';
import { STATUS } from '../../world/radio/status.ts';
import { addBehaviour } from './add-behaviour.ts';
import {
  failingDiscovery,
  furtherServices,
  shortenedReads,
  withoutCharacteristic,
  writesWithResponseOnly,
} from './att.ts';
import { shareParameter } from './share-parameter.ts';
import { defineFault } from './fault.ts';
import { overrideProperty } from './override-property.ts';

/** Characteristics that a discovery may miss. */
const CHARACTERISTICS = {
  parcels: XIAOMI.avdtp,
  results: XIAOMI.upnp,
  key: XIAOMI.xorKey,
  requests: NORDIC_UART.write,
  replies: NORDIC_UART.notify,
} as const;

/** Faults of the connection between Pi and scooter. */
export const linkFaults = {
  'link.drop': defineFault({
    about: 'The connection is lost.',
    source: 'Bluetooth Core Vol 6 Part B, 4.5.2: each end has a supervision timer of its own',
    lasts: false,
    parameters: {
      by: {
        kind: oneOf('supervision', 'pi', 'scooter'),
        default: 'supervision',
        about:
          'Whether the supervision timeout expires on both sides, at first only on that of the Pi, so that the scooter ' +
          'does not advertise until its own expires, or the scooter disconnects.',
      },
    },
    begin: ({ air, scooterController }, { by }) => {
      for (const link of air.links) {
        if (link.peripheral !== scooterController) continue;
        if (by === 'scooter') link.terminate(scooterController, STATUS.remoteUserTerminated);
        else link.drop(by === 'pi' ? 'central' : 'both');
      }
      return undefined;
    },
  }),
  'link.refuse': defineFault({
    about: 'Connection requests are not answered: no connection can be established.',
    lasts: true,
    begin: ({ air }) => overrideProperty(air.conditions, 'refusing', true),
  }),
  'link.stall': defineFault({
    about: 'The connection stays up, but data sent over it are lost.',
    lasts: true,
    begin: ({ air }) => overrideProperty(air.conditions, 'stalled', true),
  }),
  'link.incomplete': defineFault({
    about: 'Discoveries are incomplete: the scooter answers some of their requests with an error.',
    lasts: true,
    parameters: {
      share: shareParameter('Share of requests that fail.', [0.05, 0.9]),
    },
    begin: ({ air, scooterController }, { share: failing }, random) =>
      addBehaviour(
        air.attTaps,
        failingDiscovery(scooterController, () => random.unit() < failing),
      ),
  }),
  'link.services': defineFault({
    about: 'The scooter lists very many services.',
    lasts: true,
    parameters: {
      count: {
        kind: integer('', 1, 50_000),
        default: 1_000,
        typical: [10, 1_000],
        about: 'Number of further services.',
      },
    },
    begin: ({ air, scooterController }, { count }) =>
      addBehaviour(air.attTaps, furtherServices(scooterController, count)),
  }),
  'link.without': defineFault({
    about: 'Discoveries do not find one characteristic of the scooter.',
    source:
      'noble takes an ATT error for the end of a list (docs/link.md); a captured M365 has no 0019, and cannot be paired',
    lasts: true,
    isDrawn: false,
    parameters: {
      characteristic: {
        kind: oneOf('parcels', 'results', 'key', 'requests', 'replies'),
        default: 'parcels',
        about:
          'That of parcels (0019), of opcodes and results (0010), of the key of XORed frames (0014), or of the requests or ' +
          'replies of registers (6e400002, 6e400003).',
      },
    },
    begin: ({ air, scooterController }, { characteristic }) => {
      const uuid = Buffer.from(normalizeUuid(CHARACTERISTICS[characteristic]), 'hex').reverse();
      return addBehaviour(air.attTaps, withoutCharacteristic(scooterController, uuid));
    },
  }),
  'link.key': defineFault({
    about: 'The key of XORed frames that the client reads lacks a byte.',
    source: 'assumed: other firmware may have a key of another length',
    lasts: true,
    isDrawn: false,
    begin: ({ air, scooterController }) => addBehaviour(air.attTaps, shortenedReads(scooterController)),
    check: (_, { generation }) =>
      generation === 'xor'
        ? undefined
        : { key: 'fault', expected: `another fault (the generation "${generation}" has no key)` },
  }),
  'link.acknowledged': defineFault({
    about: 'In connections that begin meanwhile, the scooter accepts writes with response only.',
    lasts: true,
    begin: ({ air, scooterController }) =>
      addBehaviour(air.attTaps, writesWithResponseOnly(scooterController)),
  }),
};
