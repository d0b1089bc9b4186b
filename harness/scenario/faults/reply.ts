import { integer, oneOf } from '../../../client/config/values.ts';
import { CHUNK_PAYLOAD_BYTES, decodeAvdtp } from '../../../protocol/avdtp.ts';
import { FRAME_START, LENGTH_OFFSET, MAX_LENGTH, MIN_LENGTH } from '../../../protocol/frame.ts';
import { ATT_PAYLOAD_BYTES } from '../../../protocol/gatt.ts';
import { BLOCKS } from '../../../protocol/registers/table.ts';
import { decodeUpnp } from '../../../protocol/upnp.ts';
import type { Channel } from '../../../simulator/firmware/channel.ts';
import { misreadBlock, type Quirk, silentBlock } from '../../../simulator/firmware/quirks.ts';
import { duration } from '../format/values.ts';
import { addBehaviour } from './add-behaviour.ts';
import { defineFault } from './fault.ts';
import { overrideProperty } from './override-property.ts';
import { requiresPairing } from './requires-pairing.ts';
import { shareParameter } from './share-parameter.ts';

/** Number of bytes that a truncated chunk lacks. */
const TRUNCATED_BYTES = 3;

/** Faults of what the scooter sends: missing, late and damaged replies, and those of procedures. */
export const replyFaults = {
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
  'scooter.misread': defineFault({
    about: 'The scooter answers reads of one block of registers with other contents than requested.',
    source: 'firmware whose blocks are shorter or begin elsewhere; assumed',
    lasts: true,
    isDrawn: false,
    parameters: {
      block: {
        kind: oneOf('live', 'battery', 'range'),
        default: 'battery',
        about: 'The block, as of `scooter.silent`.',
      },
      with: {
        kind: oneOf('fewer-bytes', 'another-register'),
        default: 'fewer-bytes',
        about: 'The same registers without their last byte, or as many bytes from the next register on.',
      },
    },
    begin: ({ scooter }, { block, with: what }) =>
      addBehaviour(
        scooter.quirks,
        misreadBlock(BLOCKS[block], what === 'fewer-bytes' ? { lacking: 1, off: 0 } : { lacking: 0, off: 1 }),
      ),
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
      share: shareParameter('Share of notifications that are replaced.', [0.02, 0.9]),
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
      share: shareParameter('Share of notifications that are truncated.', [0.02, 0.9]),
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
      share: shareParameter('Share of replies after stray bytes.', [0.02, 0.9]),
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

/**
 * Calls `act` before each reply, with the two bytes that its frames begin with. A reply ends with a notification that is not
 * full; later ones of it may begin with the same byte as the first.
 */
function beforeReplies(act: (start: Buffer) => void): Quirk {
  let isFirst = true;
  return {
    notifications: (channel, bytes) => {
      if (channel !== 'uart') return [bytes];
      const isStart = isFirst && bytes[0] === FRAME_START && bytes.length > LENGTH_OFFSET;
      if (isStart) act(bytes.subarray(0, LENGTH_OFFSET));
      isFirst = bytes.length < ATT_PAYLOAD_BYTES;
      return [bytes];
    },
  };
}
