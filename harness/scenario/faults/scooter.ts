import { integer } from '../../../client/config/values.ts';
import type { Conditions } from '../../../simulator/ride/conditions.ts';
import { describeModes, modeCodes } from '../../../simulator/models/modes.ts';
import { duration } from '../format/values.ts';
import type { Simulation } from '../../world/simulation.ts';
import { bindAgain } from './bind-again.ts';
import { defineFault, type Fault } from './fault.ts';
import { requiresPairing } from './requires-pairing.ts';
import { keepOff } from './keep-off.ts';
import { OtherDevice } from './other-device.ts';

const TOKEN_BYTES = 12;
/** Time that a rider takes to switch the scooter off and on. */
const RESET_MS = 3_000;

/** Greatest code of errors and warnings; the highest known one is 42. */
const MAX_CODE = 255;
const MAX_MODE = 2;

/** Faults of the scooter, and what its rider does with it. */
export const scooterFaults = {
  'scooter.off': defineFault({
    about: 'The scooter is switched off without disconnecting.',
    lasts: true,
    begin: keepOff,
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
    begin: (simulation, { takes }) => restart(simulation, takes),
  }),
  'scooter.sleep': defineFault({
    about:
      'The scooter stands, and switches itself off without disconnecting; at the end it is switched on again.',
    lasts: true,
    begin: (simulation) => {
      const wake = simulation.scooter.override({ activity: 'parked' });
      const switchOn = keepOff(simulation);
      return () => {
        wake();
        switchOn();
      };
    },
  }),
  'scooter.park': condition('The scooter is parked.', { activity: 'parked' }),
  'scooter.push': condition('The scooter is pushed at walking pace; if it is locked, it sounds its alarm.', {
    activity: 'pushed',
  }),
  'scooter.downhill': condition('The scooter rolls down a long hill at up to 40 km/h, without the motor.', {
    activity: 'downhill',
  }),
  'scooter.charge': condition('The scooter stands at the charger.', { isCharging: true }),
  'scooter.lock': condition('The scooter is locked: it stops, and the motor does not drive.', {
    isLocked: true,
  }),
  'scooter.error': defineFault({
    about: 'The scooter reports an error, and its motor does not drive.',
    lasts: true,
    parameters: {
      code: {
        kind: integer('', 1, MAX_CODE),
        default: 15,
        typical: [10, 42],
        about: 'Error code; 15 is the hall sensor of the brake.',
      },
    },
    begin: ({ scooter }, { code }) => scooter.override({ error: code }),
  }),
  'scooter.warning': defineFault({
    about: 'The scooter reports a warning.',
    lasts: true,
    parameters: {
      code: {
        kind: integer('', 1, MAX_CODE),
        default: 12,
        typical: [1, 20],
        about: 'Warning code; 12 is overcharge.',
      },
    },
    begin: ({ scooter }, { code }) => scooter.override({ warning: code }),
  }),
  'scooter.mode': defineFault({
    about: 'The rider chooses another mode, which limits the speed.',
    lasts: true,
    parameters: {
      mode: {
        kind: integer('', 0, MAX_MODE),
        default: 1,
        typical: [0, 2],
        about: 'Mode: 0 normal, 1 eco, 2 sport.',
      },
    },
    begin: ({ scooter }, { mode }) => scooter.override({ mode }),
    check: ({ mode }, model) =>
      modeCodes(model).includes(mode) ? undefined : { key: 'mode', expected: describeModes(model) },
  }),
  'scooter.busy': defineFault({
    about: 'A phone connects to the scooter as soon as it is free, and stays connected.',
    lasts: true,
    begin: (simulation) => {
      const phone = new OtherDevice(simulation);
      phone.connect();
      return () => phone.leave();
    },
  }),
  'scooter.held': defineFault({
    about: 'A home automation system stays connected to the scooter, and disconnects for a moment regularly.',
    source: 'an integration for Home Assistant, which lets go of the scooter for 1 to 3 s a minute',
    lasts: true,
    parameters: {
      free_every: {
        kind: duration(0.1, 86_400),
        default: 60,
        typical: [5, 90],
        about: 'Interval at which it disconnects.',
      },
      free_for: {
        kind: duration(0, 600),
        default: 2,
        typical: [1, 3],
        about: 'Time from the first advertisement of the scooter until it connects again.',
      },
    },
    begin: (simulation, { free_every: everyMs, free_for: freeMs }) => {
      const system = new OtherDevice(simulation);
      system.connect();
      let reconnect: NodeJS.Timeout | undefined;
      const disconnect = setInterval(() => {
        if (!system.disconnect()) return;
        system.listen(() => (reconnect = setTimeout(() => system.connect(), freeMs)));
      }, everyMs);
      return () => {
        clearInterval(disconnect);
        clearTimeout(reconnect);
        system.leave();
      };
    },
  }),
  'scooter.impostor': defineFault({
    about:
      'The scooter is out of range, and another device with its address offers plain frames without a login.',
    lasts: true,
    begin: (simulation) => simulation.startImpostor(),
  }),
  'scooter.rebind': defineFault({
    about: 'The scooter is paired with a phone: earlier tokens become invalid, and the connection ends.',
    lasts: false,
    begin: (simulation, _values, random) => bindAgain(simulation, random.bytes(TOKEN_BYTES)),
    check: requiresPairing,
  }),
  'scooter.reset': defineFault({
    about:
      'The rider holds power button, throttle and brake while switching the scooter off and on, which deletes its pairing.',
    lasts: false,
    begin: (simulation) => {
      simulation.scooter.resetAtNextStart();
      return restart(simulation, RESET_MS);
    },
    check: requiresPairing,
  }),
};

/** A change of the ride's conditions for a time. */
function condition(about: string, change: Partial<Conditions>): Fault {
  return defineFault({ about, lasts: true, begin: ({ scooter }) => scooter.override(change) });
}

/** Switches the scooter off, and on again after `ms`. @returns cancels that */
function restart(simulation: Simulation, ms: number): () => void {
  const timer = setTimeout(keepOff(simulation), ms);
  return () => clearTimeout(timer);
}
