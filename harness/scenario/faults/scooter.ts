import { oneOf } from '../../../client/config/values.ts';
import { BLOCKS } from '../../../protocol/registers/table.ts';
import { silentBlock } from '../../../simulator/firmware/quirks.ts';
import { duration, share } from '../format/values.ts';
import { Controller } from '../../world/radio/controller.ts';
import { STATUS } from '../../world/radio/status.ts';
import type { Simulation } from '../../world/simulation.ts';
import { addBehaviour } from './add-behaviour.ts';
import { defineFault } from './fault.ts';
import { overrideProperty } from './override-property.ts';

/** Address of a phone that connects to the scooter. */
const PHONE = { address: 'd4:6a:6a:00:00:02', type: 'random' } as const;
/** Connection parameters of a phone: interval 30 ms, supervision timeout 5 s. */
const PHONE_LINK = { interval: 24, latency: 0, supervisionTimeout: 500 };
const TOKEN_BYTES = 12;

/** Faults of the scooter. */
export const scooterFaults = {
  'scooter.off': defineFault({
    about: 'The scooter is switched off without disconnecting.',
    lasts: true,
    begin: (simulation) => {
      simulation.switchOff();
      return () => switchOn(simulation);
    },
  }),
  'scooter.reboot': defineFault({
    about: 'The scooter restarts: session and trip are lost, the odometer is kept.',
    lasts: false,
    parameters: {
      takes: {
        kind: duration(0.1, 600),
        default: 3,
        typical: [0.5, 30],
        about: 'Time until it is on again.',
      },
    },
    begin: (simulation, { takes }) => {
      simulation.switchOff();
      const timer = setTimeout(() => switchOn(simulation), takes);
      return () => clearTimeout(timer);
    },
  }),
  'scooter.busy': defineFault({
    about: 'A phone connects to the scooter as soon as it is free, and stays connected.',
    lasts: true,
    begin: ({ air, scooterController }) => {
      const phone = new Controller(air, { identity: PHONE });
      phone.initiate(scooterController.identity, PHONE_LINK);
      return () => {
        for (const link of air.links) {
          if (link.central === phone) link.terminate(phone, STATUS.remoteUserTerminated);
        }
        phone.cancelInitiation();
        setTimeout(() => air.remove(phone), PHONE_LINK.supervisionTimeout);
      };
    },
  }),
  'scooter.rebind': defineFault({
    about: 'The scooter is paired with a phone: earlier tokens become invalid, and the connection ends.',
    lasts: false,
    begin: (simulation, _values, random) => rebind(simulation, random.bytes(TOKEN_BYTES)),
  }),
  'scooter.reset': defineFault({
    about: 'The scooter loses its pairing, and the connection ends.',
    lasts: false,
    begin: (simulation) => rebind(simulation, undefined),
  }),
  'scooter.mute': defineFault({
    about: 'The scooter stays connected but does not reply.',
    lasts: true,
    begin: ({ scooter }) => addBehaviour(scooter.quirks, { notifications: () => [] }),
  }),
  'scooter.silent': defineFault({
    about: 'The scooter does not answer reads of one block of registers, but those of others.',
    lasts: true,
    parameters: {
      block: {
        kind: oneOf('live', 'battery', 'range'),
        default: 'battery',
        about: 'Silent block: speed, distances and state; the battery; the remaining range.',
      },
    },
    begin: ({ scooter }, { block }) => addBehaviour(scooter.quirks, silentBlock(BLOCKS[block])),
  }),
  'scooter.slow': defineFault({
    about: 'The scooter sends its notifications slowly, one at a time.',
    lasts: true,
    parameters: {
      interval: {
        kind: duration(0.01, 5),
        default: 0.9,
        typical: [0.05, 1.2],
        about: 'Interval between two notifications.',
      },
    },
    begin: ({ scooter }, { interval }) => overrideProperty(scooter.notificationPacer, 'intervalMs', interval),
  }),
  'scooter.garbage': defineFault({
    about: 'Some notifications of the scooter are replaced by random bytes of the same length.',
    lasts: true,
    parameters: {
      share: {
        kind: share(0, 1),
        default: 0.3,
        typical: [0.02, 0.9],
        about: 'Share of notifications that are replaced.',
      },
    },
    begin: ({ scooter }, { share: garbageShare }, random) =>
      addBehaviour(scooter.quirks, {
        notifications: (_channel, bytes) => [
          random.unit() < garbageShare ? random.bytes(bytes.length) : bytes,
        ],
      }),
  }),
};

function switchOn(simulation: Simulation): void {
  // It fails only if it is switched off again meanwhile.
  simulation.switchOn().catch(() => undefined);
}

function rebind({ scooter, air, scooterController }: Simulation, token: Buffer | undefined): undefined {
  scooter.bind(token);
  for (const link of air.links) {
    if (link.peripheral === scooterController) {
      link.terminate(scooterController, STATUS.remoteUserTerminated);
    }
  }
}
