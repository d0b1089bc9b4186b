import type { ParcelType } from '../../protocol/avdtp.ts';
import type { UpnpOpcode } from '../../protocol/upnp.ts';

/** Step that must be completed before a procedure continues. */
export type Step =
  | { readonly kind: 'send'; readonly type: ParcelType; readonly payload: Buffer }
  | { readonly kind: 'receive'; readonly type: ParcelType }
  /** Propose a link parameter, and wait until the app repeats it. */
  | { readonly kind: 'linkParameter'; readonly type: number; readonly payload: Buffer }
  /** Wait for an opcode of the app. */
  | { readonly kind: 'opcode'; readonly opcode: UpnpOpcode }
  /** Wait for the announcement of a parcel, and for a press of the power button before it is answered. */
  | { readonly kind: 'buttonPress' };

/**
 * The scooter's side of an exchange with the app, as a coroutine: it yields steps, and is resumed with the payload of a
 * `receive`. It throws a ProtocolError if the app violates the protocol, and is never resumed if the exchange is
 * aborted.
 */
export type Procedure<Result> = Generator<Step, Result, Buffer>;

export function* send(type: ParcelType, payload: Buffer): Procedure<void> {
  yield { kind: 'send', type, payload };
}

export function* receive(type: ParcelType): Procedure<Buffer> {
  return yield { kind: 'receive', type };
}

export function* proposeLinkParameter(type: number, payload: Buffer): Procedure<void> {
  yield { kind: 'linkParameter', type, payload };
}

export function* awaitOpcode(opcode: UpnpOpcode): Procedure<void> {
  yield { kind: 'opcode', opcode };
}

export function* awaitButtonPress(): Procedure<void> {
  yield { kind: 'buttonPress' };
}
