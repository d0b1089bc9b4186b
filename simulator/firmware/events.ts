import type { LoginKeys } from '../../protocol/keys.ts';
import type { RegisterMessage } from '../../protocol/message.ts';
import type { Step } from './procedure.ts';
import type { ParcelRejection } from './quirks.ts';
import type { WrittenValue } from './register-values.ts';

/**
 * Why a procedure ended without a result:
 * - `disconnected`: the connection ended
 * - `timedOut`: it took longer than 30 s
 * - `chunksLost`: chunks of a parcel were missing after three requests
 * - `rejected`: the scooter refused a parcel of the app, for example because it is too large
 * - `cancelled`: the app aborted it
 */
export type AbortReason = 'disconnected' | 'timedOut' | 'chunksLost' | 'rejected' | 'cancelled';

/** Firmware events without their time. */
export type FirmwareEventBody =
  | { readonly type: 'connected' | 'disconnected' | 'loginFailed' }
  /** With the session keys. */
  | { readonly type: 'loggedIn'; readonly keys: LoginKeys }
  /** The app and the scooter have derived a token, which is valid once the app confirms the registration. */
  | { readonly type: 'tokenDerived'; readonly token: Buffer }
  | { readonly type: 'beep' | 'registrationOpened' | 'registrationFailed' }
  /** The app requests chunks of a parcel again. */
  | { readonly type: 'chunksRequested' }
  /** The app starts another login after one whose parcel was rejected, on the same connection. */
  | { readonly type: 'loginRepeated' }
  /** A login is ignored or ended, because of a quirk: by a rejection of a parcel, if it is one. */
  | { readonly type: 'loginPrevented'; readonly rejection?: ParcelRejection }
  /** A login or registration ended without a result: the step that it was at. */
  | {
      readonly type: 'loginAborted' | 'registrationAborted';
      readonly reason: AbortReason;
      readonly step: Step;
    }
  /** Invalidates every earlier token. */
  | { readonly type: 'registered'; readonly token: Buffer }
  /** The pairing was deleted with power button, throttle and brake. */
  | { readonly type: 'factoryReset' }
  /** A reply to a register request is sent: its plaintext, and when the request has arrived. */
  | ({ readonly type: 'replied'; readonly askedMs: number } & RegisterMessage)
  /** A read is not answered, because of a quirk or because the model has no such block; and when it has arrived. */
  | ({ readonly type: 'withheld'; readonly askedMs: number } & RegisterMessage)
  /** A register write was executed. */
  | ({ readonly type: 'written' } & RegisterMessage)
  /** A setting was changed or a command was given, after the reply to it: what the scooter has to do. */
  | ({ readonly type: 'command' } & WrittenValue);

/** Event in the firmware of a scooter, with its time. */
export type FirmwareEvent = FirmwareEventBody & { readonly nowMs: number };
