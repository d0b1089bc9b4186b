import type { ParcelType } from '../../protocol/avdtp.ts';
import type { UpnpOpcode } from '../../protocol/upnp.ts';

/** What a procedure wants done before it goes on. */
export type Step =
  | { readonly kind: 'send'; readonly type: ParcelType; readonly payload: Buffer }
  | { readonly kind: 'receive'; readonly type: ParcelType }
  /** The app has to write this opcode. */
  | { readonly kind: 'opcode'; readonly opcode: UpnpOpcode }
  /** The app has to announce a parcel and the rider to consent; until then the announcement stays unanswered. */
  | { readonly kind: 'consent' };

/**
 * The scooter's side of a conversation with the app, written down step by step: it yields what to do, and is resumed
 * with the payload that a `receive` brought. It throws a ProtocolError where the app breaks the conversation, and is
 * never resumed where the app or the radio leaves it unfinished.
 */
export type Procedure<Result> = Generator<Step, Result, Buffer>;

export function* send(type: ParcelType, payload: Buffer): Procedure<void> {
  yield { kind: 'send', type, payload };
}

export function* receive(type: ParcelType): Procedure<Buffer> {
  return yield { kind: 'receive', type };
}

export function* awaitOpcode(opcode: UpnpOpcode): Procedure<void> {
  yield { kind: 'opcode', opcode };
}

export function* awaitConsent(): Procedure<void> {
  yield { kind: 'consent' };
}
