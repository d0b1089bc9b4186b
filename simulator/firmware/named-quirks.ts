import type { Generation } from '../../protocol/advertisement.ts';
import { ENCRYPTED_FRAME } from '../../protocol/encrypted-frame.ts';
import { createFrame, LENGTH_OFFSET, MIN_LENGTH, writeChecksum } from '../../protocol/frame.ts';
import { COMMANDS, type Device, requestedDevice } from '../../protocol/message.ts';
import { BLOCKS, REGISTERS } from '../../protocol/registers/table.ts';
import type { ScooterModel } from '../models/model.ts';
import { type Quirk, silentBlock } from './quirks.ts';

/** A quirk of real scooters. */
export interface NamedQuirk {
  readonly about: string;
  /** Where it was seen or documented, and what about it is assumed. */
  readonly source: string;
  /** Generations that can have it: those with what it concerns, and of which it was reported. Default: all. */
  readonly generations?: readonly Generation[];
  /** @param unit returns a number from 0 (inclusive) to 1 (exclusive). */
  readonly create: (unit: () => number, model: Pick<ScooterModel, 'silentBlocks'>) => Quirk;
}

const VALIDATED = 'an integration for Home Assistant of 2026, validated on a real scooter with MiAuth';
const SDK = 'the MiAuth SDK';

export const REPLY_DELAY_MS = { min: 60, max: 90 } as const;
const LOST_LOGINS = 0.2;
const LOST_CELLS = 0.3;
const BATTERY_SILENCE_MS = { every: 300_000, for: 60_000 } as const;

const MIAUTH: readonly Generation[] = ['miauth'];

/** Registers that some scooters with XORed frames answer in plain ones. */
const PLAIN_ROWS = [REGISTERS.esc.serialNumber, REGISTERS.esc.firmwareVersion];

/** Reads that every scooter with MiAuth answers whole, according to the source of its `silentBlocks`. */
export const WHOLE_READS = [
  { device: 'esc', register: 0x10, bytes: 28 },
  { device: 'esc', register: 0xb0, bytes: 32 },
  { device: 'bms', register: 0x10, bytes: 34 },
  { device: 'bms', register: 0x31, bytes: 10 },
] as const satisfies readonly { device: Device; register: number; bytes: number }[];

/** Length bytes of the captured frames of zeros. */
const CHATTER_LENGTHS = [0x06, 0x0c, 0x20, 0x22] as const;
const CHATTER_INTERVAL_MS = 500;

/** An encrypted frame of zeros with a valid checksum. */
function zeroFrame(length: number): Buffer {
  const frame = createFrame(ENCRYPTED_FRAME, length - MIN_LENGTH);
  return writeChecksum(frame.fill(0, LENGTH_OFFSET + 1));
}

const TABLE = {
  'slow-replies': {
    about: 'A register is answered after 60 to 90 ms.',
    source: 'two independent clients, which space their requests accordingly',
    create: (unit) => ({
      delayMs: () => REPLY_DELAY_MS.min + unit() * (REPLY_DELAY_MS.max - REPLY_DELAY_MS.min),
    }),
  },
  chatter: {
    about: 'Until the login, encrypted frames of zeros arrive on the UART, with valid checksums.',
    source: "a capture of a Pro 2 with another maker's dashboard; the interval is assumed",
    generations: MIAUTH,
    create: () => {
      let count = 0;
      const next = (): Buffer =>
        zeroFrame(CHATTER_LENGTHS[count++ % CHATTER_LENGTHS.length] ?? CHATTER_LENGTHS[0]);
      return { chatter: { intervalMs: CHATTER_INTERVAL_MS, next } };
    },
  },
  'lost-logins': {
    about: 'One login in five gets no answer.',
    source: `${VALIDATED}; the share is assumed`,
    generations: MIAUTH,
    create: (unit) => ({ ignoresLogin: () => unit() < LOST_LOGINS }),
  },
  'interrupted-logins': {
    about: 'One login in five is ended with TIMEOUT.',
    source: `${VALIDATED}; the share is assumed`,
    generations: MIAUTH,
    create: (unit) => ({
      answersParcel: (type) => (type === 'appRandom' && unit() < LOST_LOGINS ? 'timeout' : undefined),
    }),
  },
  'stale-logins': {
    about:
      'One login in five is ended with TIMEOUT, and the next one on the same connection continues with the random number ' +
      'of the app of that one, so that the proofs do not match.',
    source: `${SDK}, which ignores the start of a login while another one runs; the share is assumed`,
    generations: MIAUTH,
    create: (unit) => ({
      answersParcel: (type) => (type === 'appRandom' && unit() < LOST_LOGINS ? 'timeout' : undefined),
      // Any other number has the same effect as that of the earlier login.
      staleRandom: (sent) => Buffer.from(sent).reverse(),
    }),
  },
  'single-packets': {
    about: 'Parcels of up to 16 bytes come in one packet, without announcement.',
    source: 'a trace of the official app, after whose greeting they do; that they do without it is assumed',
    generations: MIAUTH,
    create: () => ({ sendsSinglePackets: true }),
  },
  'silent-registers': {
    about: 'Reads that begin at ESC 1a, 25, 3a, 67, 7b to 7d and b5, and BMS 30 and 40, get no answer.',
    source: VALIDATED,
    generations: MIAUTH,
    create: (_, { silentBlocks }) => ({
      withholdsReply: (request) => {
        const requested = requestedDevice(request);
        return silentBlocks.some(
          ({ device, register }) => device === requested && register === request.register,
        );
      },
    }),
  },
  'silent-cells': {
    about:
      'Three reads of the cells in ten get no answer; the client reads no cells, so that only other apps notice.',
    source: 'another client, which keeps the last values for a minute; the share is assumed',
    create: (unit) => {
      const { withholdsReply } = silentBlock(BLOCKS.cells);
      return {
        withholdsReply: (request, nowMs) => withholdsReply?.(request, nowMs) === true && unit() < LOST_CELLS,
      };
    },
  },
  'silent-battery': {
    about: 'The battery answers nothing for a minute of every five.',
    source: 'reports of real scooters from 2026; the times are assumed',
    create: () => ({
      withholdsReply: (request, nowMs) =>
        requestedDevice(request) === 'bms' && nowMs % BATTERY_SILENCE_MS.every < BATTERY_SILENCE_MS.for,
    }),
  },
  'own-parameters': {
    about: 'It requests an interval of 15 to 30 ms, and a supervision timeout of 0.9 s.',
    source: SDK,
    create: () => ({
      connectionParameters: { minIntervalMs: 15, maxIntervalMs: 30, latency: 0, supervisionTimeoutMs: 900 },
    }),
  },
  'wrong-token-code': {
    about: 'A login with another token is answered with 22 in place of 23.',
    source: `${SDK}, for a wrong long-term key; other clients decode 23`,
    generations: MIAUTH,
    create: () => ({ wrongTokenResult: 'wrongToken' }),
  },
  'pairs-once': {
    about: 'A pairing is answered with e1: it is already paired.',
    source: `${SDK}; scooters usually pair again once the button is pressed`,
    generations: MIAUTH,
    create: () => ({ refuses: (start) => (start === 'registerStart' ? 'alreadyRegistered' : undefined) }),
  },
  'out-of-band': {
    about: 'A pairing is answered with e3: it requires an out-of-band code.',
    source: SDK,
    generations: MIAUTH,
    create: () => ({ refuses: (start) => (start === 'registerStart' ? 'invalidOutOfBand' : undefined) }),
  },
  'silent-when-busy': {
    about: 'A procedure that is started while another one runs is ignored.',
    source: `${SDK}, whose call that starts it fails`,
    generations: MIAUTH,
    create: () => ({ ignoresWhenBusy: true }),
  },
  'unused-key': {
    about: 'It has the characteristic of the key of XORed frames, but answers plain frames alone.',
    source: 'assumed: whether firmware without XOR has it is not known',
    generations: ['plain'],
    create: () => ({ offersXorKey: true }),
  },
  'plain-answers': {
    about:
      'Serial number and ESC firmware, requested in plain frames, are answered in plain ones; nothing else is.',
    source: "owners' reports of 2019; that XORed requests are answered as well is assumed",
    generations: ['xor'],
    create: () => ({
      answersPlain: (request) =>
        request.command === COMMANDS.read &&
        requestedDevice(request) === 'esc' &&
        PLAIN_ROWS.some(
          ({ register, bytes }) => register === request.register && (request.data[0] ?? 0) <= bytes,
        ),
    }),
  },
} as const satisfies Record<string, NamedQuirk>;

export type QuirkName = keyof typeof TABLE;

/** Quirks of real scooters by name. */
export const QUIRKS: Readonly<Record<QuirkName, NamedQuirk>> = TABLE;

/** Whether scooters of a generation can have a quirk. */
export function canHaveQuirk({ generation }: Pick<ScooterModel, 'generation'>, name: QuirkName): boolean {
  return QUIRKS[name].generations?.includes(generation) !== false;
}
