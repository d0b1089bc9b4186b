import fc from 'fast-check';
import { MAX_COUNTER } from '../../../protocol/encrypted-frame.ts';
import { ATT_PAYLOAD_BYTES } from '../../../protocol/gatt.ts';
import {
  DID_BYTES,
  LOGIN_RANDOM_BYTES,
  PRIVATE_KEY_BYTES,
  PUBLIC_KEY_BYTES,
} from '../../../protocol/keys.ts';
import { ADDRESSES, COMMANDS, type Device, MAX_READ_BYTES } from '../../../protocol/message.ts';
import { ROWS } from '../../../protocol/registers/table.ts';
import { bytes } from '../../../protocol/testing/arbitrary-messages.ts';
import { nearlyAvdtp } from '../../../protocol/testing/arbitrary-parcels.ts';
import { encodeUpnp, UPNP, type UpnpOpcode } from '../../../protocol/upnp.ts';
import type { Channel } from '../../../simulator/firmware/channel.ts';

/** What happens to one of the writes of a step on its way to the scooter. */
export interface WriteFault {
  readonly kind: 'none' | 'drop' | 'repeat' | 'delay' | 'truncate' | 'flip';
  /** Number of the write in its step, and of the bit that is flipped. */
  readonly at: number;
  readonly bit: number;
}

/** What is wrong with a step of an app that is right otherwise. */
export const LOGIN_FAULTS = [
  'none',
  'otherToken',
  'emptyToken',
  'wrongProof',
  'emptyProof',
  'oldLogin',
  'stop',
] as const;
export const REGISTRATION_FAULTS = ['none', 'invalidPoint', 'wrongId', 'unconfirmed', 'stop'] as const;
export const REQUEST_FAULTS = [
  'none',
  'oldSession',
  'otherKey',
  'tampered',
  'plain',
  'xor',
  'counterBack',
  'sameCounter',
] as const;

/** Register request, of any address and size. */
export interface Request {
  readonly address: number;
  readonly command: number;
  readonly register: number;
  readonly data: Buffer;
}

/** What an attacker, an app or the rider does. */
export type Action =
  | { readonly do: 'write'; readonly channel: Channel; readonly bytes: Buffer }
  /** Writes again what was written before. */
  | { readonly do: 'replay'; readonly from: number; readonly count: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'press' | 'disconnect' | 'reconnect' | 'greet' }
  /** Switches the scooter off and on, with or without deleting its pairing. */
  | { readonly do: 'restart'; readonly resets: boolean }
  | {
      readonly do: 'logIn';
      readonly fault: (typeof LOGIN_FAULTS)[number];
      readonly random: Buffer;
      readonly write: WriteFault;
    }
  | {
      readonly do: 'register';
      readonly fault: (typeof REGISTRATION_FAULTS)[number];
      readonly privateKey: Buffer;
      readonly did: Buffer;
      readonly point: Buffer;
      readonly write: WriteFault;
    }
  | {
      readonly do: 'request';
      readonly fault: (typeof REQUEST_FAULTS)[number];
      readonly request: Request;
      /** By how much the counter differs from the next one. */
      readonly step: number;
      /** Sizes of the writes, in turn. */
      readonly sizes: readonly number[];
      readonly write: WriteFault;
    };

const none = fc.constant({ kind: 'none' as const, at: 0, bit: 0 });
const writeFault: fc.Arbitrary<WriteFault> = fc.oneof(
  { weight: 3, arbitrary: none },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('drop', 'repeat', 'delay', 'truncate', 'flip'),
      at: fc.nat(12),
      bit: fc.nat(8 * ATT_PAYLOAD_BYTES - 1),
    }),
  },
);

/** Writes of nothing that an app would send; bleno passes on at most a packet, and the firmware any size. */
function rawWrite(maxBytes: number): fc.Arbitrary<Action> {
  const opcode = fc
    .constantFrom(...(Object.keys(UPNP) as UpnpOpcode[]))
    .map((name) => ({ do: 'write' as const, channel: 'upnp' as const, bytes: encodeUpnp(name) }));
  const frame = nearlyAvdtp.map((drawn) => ({
    do: 'write' as const,
    channel: 'avdtp' as const,
    bytes: drawn,
  }));
  const anything = fc.record({
    do: fc.constant('write' as const),
    channel: fc.constantFrom<Channel>('upnp', 'avdtp', 'uart'),
    bytes: bytes(0, maxBytes),
  });
  const header = fc
    .tuple(fc.constantFrom(0xaa, 0xab), fc.nat(0xff), bytes(0, 16))
    .map(([second, length, rest]) => ({
      do: 'write' as const,
      channel: 'uart' as const,
      bytes: Buffer.concat([Buffer.of(0x55, second, length), rest]),
    }));
  return fc.oneof({ weight: 3, arbitrary: opcode }, { weight: 3, arbitrary: frame }, anything, header);
}

const address = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom<Device>('esc', 'bms', 'ble').map((device) => ADDRESSES[device].request),
  },
  fc.nat(0xff),
);
const read: fc.Arbitrary<Request> = fc.record({
  address,
  command: fc.constant<number>(COMMANDS.read),
  register: fc.oneof(fc.nat(0xff), fc.constantFrom(...ROWS.map(({ register }) => register))),
  data: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 1, max: MAX_READ_BYTES }).map((count) => Buffer.of(count)) },
    fc.constantFrom(0, MAX_READ_BYTES + 1, 0xff).map((count) => Buffer.of(count)),
    bytes(0, 3),
  ),
});
const SETTABLE = ROWS.filter(({ access }) => access !== 'read');
/** Writes of what the register table says, whether it may be written or not, with right and wrong sizes. */
const write: fc.Arbitrary<Request> = fc
  .oneof(fc.constantFrom(...ROWS), fc.constantFrom(...SETTABLE))
  .chain((row) =>
    fc.record({
      address: fc.oneof(
        { weight: 6, arbitrary: fc.constant<number>(ADDRESSES[row.device].request) },
        address,
      ),
      command: fc.constantFrom<number>(COMMANDS.write, COMMANDS.writeNoReply),
      register: fc.constantFrom(row.register, ...row.mirrors),
      data: fc.oneof(
        { weight: 3, arbitrary: bytes(row.bytes) },
        {
          weight: 2,
          arbitrary: fc.nat(3).map((value) => Buffer.of(value, ...Array<number>(row.bytes - 1).fill(0))),
        },
        bytes(0, 60),
      ),
    }),
  );
const anyRequest = fc.record({
  address: fc.nat(0xff),
  command: fc.nat(0xff),
  register: fc.nat(0xff),
  data: bytes(0, 60),
});

/** Mostly none, or deep states would be rare. */
function mostlyNone<Fault extends string>(
  faults: readonly ['none', ...Fault[]],
): fc.Arbitrary<'none' | Fault> {
  const [right, ...wrong] = faults;
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant(right) },
    { weight: 1, arbitrary: fc.constantFrom(...wrong) },
  );
}

const request: fc.Arbitrary<Action> = fc.record({
  do: fc.constant('request' as const),
  fault: mostlyNone(REQUEST_FAULTS),
  request: fc.oneof({ weight: 4, arbitrary: read }, { weight: 4, arbitrary: write }, anyRequest),
  step: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(5), fc.nat(MAX_COUNTER)),
  sizes: fc.oneof(
    { weight: 4, arbitrary: fc.constant([ATT_PAYLOAD_BYTES]) },
    fc.array(fc.integer({ min: 1, max: ATT_PAYLOAD_BYTES }), { minLength: 1, maxLength: 4 }),
  ),
  write: writeFault,
});
const lateRequest: fc.Arbitrary<Action> = fc.record({
  do: fc.constant('request' as const),
  fault: fc.constant('counterBack' as const),
  request: read,
  step: fc.nat(5),
  sizes: fc.constant([ATT_PAYLOAD_BYTES]),
  write: none,
});
const logIn: fc.Arbitrary<Action> = fc.record({
  do: fc.constant('logIn' as const),
  fault: mostlyNone(LOGIN_FAULTS),
  random: bytes(LOGIN_RANDOM_BYTES),
  write: writeFault,
});
const oldLogin: fc.Arbitrary<Action> = fc.record({
  do: fc.constant('logIn' as const),
  fault: fc.constant('oldLogin' as const),
  random: bytes(LOGIN_RANDOM_BYTES),
  write: none,
});
const register: fc.Arbitrary<Action> = fc.record({
  do: fc.constant('register' as const),
  fault: mostlyNone(REGISTRATION_FAULTS),
  privateKey: bytes(PRIVATE_KEY_BYTES),
  did: bytes(DID_BYTES),
  point: bytes(PUBLIC_KEY_BYTES),
  write: writeFault,
});
const others: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ do: fc.constantFrom('press' as const, 'disconnect' as const, 'greet' as const) }),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reconnect' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(1500) }) },
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(40_000) }),
  fc.record({ do: fc.constant('restart' as const), resets: fc.boolean() }),
);
/** Sequences that lead to deep states, each step of which may be wrong. */
const sequences: readonly fc.Arbitrary<Action[]>[] = [
  // A pairing as apps do it: refused, disconnected, confirmed with the button, and done, also during a session.
  fc
    .tuple(register, fc.option(logIn), register, request)
    .map(([first, session, second, last]): Action[] => [
      first,
      { do: 'reconnect' },
      { do: 'press' },
      ...(session ? [session] : []),
      second,
      last,
    ]),
  // A login after another one, which is used again.
  fc.tuple(logIn, oldLogin).map(([first, second]) => [first, { do: 'reconnect' }, second]),
  fc
    .tuple(logIn, request, logIn, request)
    .map(([first, early, second, late]) => [first, early, { do: 'reconnect' }, second, late]),
  // A request after one with a higher counter.
  fc.tuple(logIn, request, lateRequest),
  // Requests of one session, with a pause in which a partial frame is discarded.
  fc
    .tuple(logIn, request, fc.integer({ min: 900, max: 1200 }), request, request)
    .map(([login, first, ms, second, third]) => [login, first, { do: 'wait', ms }, second, third]),
];

/** Actions in any order, with the usual sequences among them. */
export function actions(maxWriteBytes: number): fc.Arbitrary<Action[]> {
  const one = (action: fc.Arbitrary<Action>): fc.Arbitrary<Action[]> => action.map((each) => [each]);
  const replay: fc.Arbitrary<Action> = fc.record({
    do: fc.constant('replay' as const),
    from: fc.nat(200),
    count: fc.integer({ min: 1, max: 12 }),
  });
  const steps = fc.oneof(
    { weight: 6, arbitrary: one(rawWrite(maxWriteBytes)) },
    { weight: 6, arbitrary: one(request) },
    { weight: 4, arbitrary: one(logIn) },
    { weight: 3, arbitrary: one(others) },
    { weight: 2, arbitrary: one(replay) },
    { weight: 1, arbitrary: one(register) },
    ...sequences.map((arbitrary) => ({ weight: 1, arbitrary })),
  );
  return fc.array(steps, { maxLength: 24 }).map((all) => all.flat());
}
