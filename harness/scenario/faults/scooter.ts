import { integer, oneOf } from '../../../client/config/values.ts';
import { CHUNK_PAYLOAD_BYTES, decodeAvdtp } from '../../../protocol/avdtp.ts';
import { FRAME_START, LENGTH_OFFSET, MAX_LENGTH, MIN_LENGTH } from '../../../protocol/frame.ts';
import { BLOCKS } from '../../../protocol/registers/table.ts';
import { decodeUpnp } from '../../../protocol/upnp.ts';
import type { Channel } from '../../../simulator/firmware/channel.ts';
import { type Quirk, silentBlock } from '../../../simulator/firmware/quirks.ts';
import type { Conditions } from '../../../simulator/ride/conditions.ts';
import { describeModes, modeCodes } from '../../../simulator/models/modes.ts';
import { duration, share } from '../format/values.ts';
import type { Simulation } from '../../world/simulation.ts';
import { addBehaviour } from './add-behaviour.ts';
import { bindAgain } from './bind-again.ts';
import { defineFault, type Fault } from './fault.ts';
import { requiresPairing } from './requires-pairing.ts';
import { keepOff } from './keep-off.ts';
import { OtherDevice } from './other-device.ts';
import { overrideProperty } from './override-property.ts';

const TOKEN_BYTES = 12;
/** Number of bytes that a truncated chunk lacks. */
const TRUNCATED_BYTES = 3;
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
  'scooter.chunks': defineFault({
    about: 'In logins and pairings, one chunk of each parcel is lost, truncated or repeated.',
    lasts: true,
    parameters: {
      how: {
        kind: oneOf('lost', 'truncated', 'repeated'),
        default: 'lost',
        about: 'What happens to a chunk; only whole ones of 18 bytes are truncated.',
      },
      to: {
        kind: oneOf('client', 'scooter'),
        default: 'client',
        about: 'To which side.',
      },
    },
    begin: ({ scooter }, { how, to }) => {
      const change = chunkChange(how);
      return addBehaviour(scooter.quirks, {
        [to === 'client' ? 'notifications' : 'writes']: (channel: Channel, bytes: Buffer) =>
          channel === 'avdtp' ? change(bytes) : [bytes],
      });
    },
    check: requiresPairing,
  }),
  'scooter.incomplete': defineFault({
    about:
      'In logins and pairings, the first chunk of each parcel of the scooter is lost each time that it is sent.',
    lasts: true,
    begin: ({ scooter }) =>
      addBehaviour(scooter.quirks, {
        notifications: (channel, bytes) => {
          const frame = channel === 'avdtp' ? decodeAvdtp(bytes) : undefined;
          return frame?.kind === 'chunk' && frame.index === 1 ? [] : [bytes];
        },
      }),
    check: requiresPairing,
  }),
  'scooter.unconfirmed': defineFault({
    about: 'The connection is lost when a pairing is complete, before its result arrives.',
    lasts: true,
    begin: ({ scooter, air, scooterController }) =>
      addBehaviour(scooter.quirks, {
        notifications: (channel, bytes) => {
          if (channel !== 'upnp' || decodeUpnp(bytes) !== 'registered') return [bytes];
          for (const link of air.links) if (link.peripheral === scooterController) link.drop();
          return [];
        },
      }),
    check: requiresPairing,
  }),
  'scooter.late': defineFault({
    about: 'The scooter answers each read late, and repeated ones as often.',
    lasts: true,
    parameters: {
      by: {
        kind: duration(0.01, 5),
        default: 2.6,
        typical: [0.05, 2.8],
        about: 'Time from a read to its answer.',
      },
    },
    begin: ({ scooter }, { by }) => addBehaviour(scooter.quirks, { delayMs: () => by }),
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
  'scooter.truncated': defineFault({
    about: 'Some notifications of the scooter arrive without their last bytes.',
    lasts: true,
    parameters: {
      share: {
        kind: share(0, 1),
        default: 0.3,
        typical: [0.02, 0.9],
        about: 'Share of notifications that are truncated.',
      },
      bytes: {
        kind: integer('bytes', 1, 20),
        default: 2,
        typical: [1, 20],
        about: 'Number of bytes that are missing; 20 leave nothing.',
      },
      which: {
        kind: oneOf('all', 'chunks'),
        default: 'all',
        about: 'Whether these are of all notifications, or of the chunks of parcels alone.',
      },
    },
    begin: ({ scooter }, { share: truncatedShare, bytes: missing, which }, random) =>
      addBehaviour(scooter.quirks, {
        notifications: (channel, bytes) => {
          const isMeant = which === 'all' || (channel === 'avdtp' && decodeAvdtp(bytes)?.kind === 'chunk');
          const isTruncated = isMeant && random.unit() < truncatedShare;
          return [isTruncated ? bytes.subarray(0, Math.max(0, bytes.length - missing)) : bytes];
        },
      }),
  }),
  'scooter.stray': defineFault({
    about:
      'Before some replies, the scooter sends three stray bytes that look like the start of a short frame.',
    lasts: true,
    parameters: {
      share: {
        kind: share(0, 1),
        default: 0.3,
        typical: [0.02, 0.9],
        about: 'Share of replies after stray bytes.',
      },
    },
    begin: ({ scooter }, { share: strayShare }, random) =>
      addBehaviour(
        scooter.quirks,
        beforeReplies((start) => {
          if (random.unit() < strayShare) scooter.sendStray(Buffer.of(...start, MIN_LENGTH));
        }),
      ),
  }),
  'scooter.fragment': defineFault({
    about:
      'Before its next reply, the scooter sends the start of a very long frame, whose rest never follows.',
    lasts: false,
    begin: ({ scooter }) => {
      const end = addBehaviour(
        scooter.quirks,
        beforeReplies((start) => {
          end();
          scooter.sendStray(Buffer.of(...start, MAX_LENGTH));
        }),
      );
      return end;
    },
  }),
};

/** Changes the first chunk of each parcel at its first transmission. */
function chunkChange(how: 'lost' | 'truncated' | 'repeated'): (bytes: Buffer) => readonly Buffer[] {
  let isChanged = false;
  return (bytes) => {
    const frame = decodeAvdtp(bytes);
    if (frame?.kind === 'announce') isChanged = false;
    if (frame?.kind !== 'chunk' || isChanged) return [bytes];
    const isWhole = frame.payload.length === CHUNK_PAYLOAD_BYTES;
    if (how === 'truncated' && !isWhole) return [bytes];
    isChanged = true;
    if (how === 'repeated') return [bytes, bytes];
    return how === 'lost' ? [] : [bytes.subarray(0, bytes.length - TRUNCATED_BYTES)];
  };
}

/** Calls `act` before each reply, with the two bytes that its frames begin with. */
function beforeReplies(act: (start: Buffer) => void): Quirk {
  return {
    notifications: (channel, bytes) => {
      if (channel === 'uart' && bytes[0] === FRAME_START && bytes.length > LENGTH_OFFSET)
        act(bytes.subarray(0, LENGTH_OFFSET));
      return [bytes];
    },
  };
}

/** A change of the ride's conditions for a time. */
function condition(about: string, change: Partial<Conditions>): Fault {
  return defineFault({ about, lasts: true, begin: ({ scooter }) => scooter.override(change) });
}

/** Switches the scooter off, and on again after `ms`. @returns cancels that */
function restart(simulation: Simulation, ms: number): () => void {
  const timer = setTimeout(keepOff(simulation), ms);
  return () => clearTimeout(timer);
}
