import { oneOf } from '../../../client/config/values.ts';
import { decodeAvdtp, type ParcelType } from '../../../protocol/avdtp.ts';
import { addBehaviour } from './add-behaviour.ts';
import { defineFault } from './fault.ts';
import { requiresPairing } from './requires-pairing.ts';

/** The parcels of an app, in the order of a login and of a pairing. */
const PARCELS = {
  random: 'appRandom',
  proof: 'appConfirmation',
  key: 'publicKey',
  id: 'passThrough',
} as const satisfies Record<string, ParcelType>;

const parcelKey = {
  kind: oneOf('random', 'proof', 'key', 'id'),
  default: 'random',
  about: "The client's random number or proof in a login, or its public key or the device id in a pairing.",
} as const;

/** Faults of the scooter with the parcels of the client in logins and pairings. */
export const parcelFaults = {
  'scooter.rejects': defineFault({
    about: 'The scooter rejects one parcel of each login or pairing of the client, which ends the procedure.',
    source:
      'the MiAuth SDK, which knows these acknowledgements and results; that a parcel in chunks is answered like one in a ' +
      'single packet (`refused`) is assumed',
    lasts: true,
    isDrawn: false,
    parameters: {
      how: {
        kind: oneOf('busy', 'timeout', 'cancel', 'refused', 'failed'),
        default: 'busy',
        about:
          'How it answers: by an acknowledgement, by that of a single packet with an error (`refused`), or by the result ' +
          '12 or 23 (`failed`, not for `random`).',
      },
      parcel: parcelKey,
    },
    begin: ({ scooter }, { how, parcel }) =>
      addBehaviour(scooter.quirks, {
        answersParcel: (type) => (type === PARCELS[parcel] ? how : undefined),
      }),
    check: (values, model) =>
      values.how === 'failed' && values.parcel === 'random'
        ? {
            key: 'how',
            expected: 'another answer: before the proofs, this result means that the token is another one',
          }
        : requiresPairing(values, model),
  }),
  'scooter.drops': defineFault({
    about: 'The connection is lost as soon as the client announces one parcel of a login or pairing.',
    lasts: true,
    isDrawn: false,
    parameters: { parcel: parcelKey },
    begin: ({ scooter, air, scooterController }, { parcel }) =>
      addBehaviour(scooter.quirks, {
        writes: (channel, bytes) => {
          const frame = channel === 'avdtp' ? decodeAvdtp(bytes) : undefined;
          if (frame?.kind !== 'announce' || frame.type !== PARCELS[parcel]) return [bytes];
          for (const link of air.links) if (link.peripheral === scooterController) link.drop();
          return [];
        },
      }),
    check: requiresPairing,
  }),
};
