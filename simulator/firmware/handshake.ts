import { type AvdtpFrame, encodeAvdtp, MAX_SINGLE_BYTES, type ParcelType } from '../../protocol/avdtp.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import {
  CHUNK_TIMEOUT_MS,
  type ParcelProgress,
  ParcelReceiver,
  ParcelSender,
} from '../../protocol/parcel.ts';
import type { UpnpOpcode } from '../../protocol/upnp.ts';
import type { AbortReason } from './events.ts';
import type { Procedure, Step } from './procedure.ts';

/** The scooter's functions that a handshake uses. */
export interface HandshakePort {
  /** Notifies the app on AVDTP. */
  write(bytes: Buffer): void;
  /** Requests a press of the power button; returns whether it was pressed already. If not, `onButtonPressed` follows. */
  requestButtonPress(nowMs: number): boolean;
  /** Whether parcels that fit in one packet are sent without announcement. */
  readonly sendsSinglePackets: boolean;
  /** Whether a parcel of the app is rejected: then that has been answered, and the procedure ends. */
  rejects(type: ParcelType): boolean;
  /** Called if the procedure ends without being completed, with its current step. */
  onAborted(reason: AbortReason, step: Step): void;
}

interface Receiving {
  readonly kind: 'receiving';
  readonly receiver: ParcelReceiver;
  /** Time at which missing chunks are requested; undefined until the parcel is announced. */
  chunkDeadlineMs?: number;
}

/** The current step. */
type Activity =
  | { readonly kind: 'sending'; readonly sender: ParcelSender }
  | Receiving
  | { readonly kind: 'proposing'; readonly proposal: Buffer; readonly acceptance: Buffer }
  | { readonly kind: 'awaiting'; readonly opcode: UpnpOpcode }
  | { readonly kind: 'buttonPress'; announcement?: AvdtpFrame }
  | { readonly kind: 'finished' };

const FINISHED: Activity = { kind: 'finished' };
const NO_PAYLOAD = Buffer.alloc(0);

function activityOf(step: Step, sendsSinglePackets: boolean): Activity {
  switch (step.kind) {
    case 'send': {
      const single = sendsSinglePackets && step.payload.length <= MAX_SINGLE_BYTES;
      return { kind: 'sending', sender: new ParcelSender(step.type, step.payload, { single }) };
    }
    case 'receive':
      return { kind: 'receiving', receiver: new ParcelReceiver(step.type) };
    case 'linkParameter':
      return {
        kind: 'proposing',
        proposal: encodeAvdtp(step),
        acceptance: encodeAvdtp({ ...step, kind: 'linkParameterAck' }),
      };
    case 'opcode':
      return { kind: 'awaiting', opcode: step.opcode };
    case 'buttonPress':
      return { kind: 'buttonPress' };
  }
}

/** Runs one procedure with the parcels and opcodes of a connection, limited by a timeout. */
export class Handshake {
  readonly #procedure: Procedure<void>;
  readonly #port: HandshakePort;
  readonly #timeoutAtMs: number;
  #step: Step | undefined;
  #activity: Activity = FINISHED;

  /** @param timeoutAtMs time at which the procedure is aborted without a reply to the app */
  constructor(procedure: Procedure<void>, port: HandshakePort, timeoutAtMs: number) {
    this.#procedure = procedure;
    this.#port = port;
    this.#timeoutAtMs = timeoutAtMs;
  }

  get isRunning(): boolean {
    return this.#activity.kind !== 'finished';
  }

  /** Time of the next `onDeadline`; undefined once the procedure has finished. */
  get deadlineMs(): number | undefined {
    const activity = this.#activity;
    if (activity.kind === 'finished') return undefined;
    const chunkDeadlineMs = activity.kind === 'receiving' ? activity.chunkDeadlineMs : undefined;
    return Math.min(this.#timeoutAtMs, chunkDeadlineMs ?? Infinity);
  }

  start(): void {
    this.#resume(NO_PAYLOAD);
  }

  /** Handles a frame of the app; ignores it if it does not match the current step. */
  onFrame(frame: AvdtpFrame, nowMs: number): void {
    const activity = this.#activity;
    switch (activity.kind) {
      case 'sending':
        this.#onAck(activity.sender, frame);
        break;
      case 'receiving':
        this.#onParcelFrame(activity, frame, nowMs);
        break;
      case 'buttonPress':
        if (frame.kind !== 'announce') break;
        activity.announcement = frame;
        if (this.#port.requestButtonPress(nowMs)) this.onButtonPressed(nowMs);
        break;
      case 'proposing':
        if (frame.kind === 'linkParameterAck' && encodeAvdtp(frame).equals(activity.acceptance)) {
          this.#resume(NO_PAYLOAD);
        }
        break;
      case 'awaiting':
      case 'finished':
        break;
    }
  }

  onOpcode(opcode: UpnpOpcode): void {
    if (this.#activity.kind === 'awaiting' && this.#activity.opcode === opcode) this.#resume(NO_PAYLOAD);
  }

  /** Accepts a pending announcement, after the rider has pressed the power button. */
  onButtonPressed(nowMs: number): void {
    if (this.#activity.kind !== 'buttonPress' || !this.#activity.announcement) return;
    const { announcement } = this.#activity;
    this.#resume(NO_PAYLOAD);
    this.onFrame(announcement, nowMs);
  }

  onDeadline(nowMs: number): void {
    const activity = this.#activity;
    if (nowMs >= this.#timeoutAtMs) {
      this.abort('timedOut');
    } else if (activity.kind === 'receiving' && nowMs >= (activity.chunkDeadlineMs ?? Infinity)) {
      activity.chunkDeadlineMs = nowMs + CHUNK_TIMEOUT_MS;
      this.#onProgress(activity.receiver.onChunkTimeout(), 'chunksLost');
    }
  }

  /** Ends the procedure; has no effect if it has finished. */
  abort(reason: AbortReason): void {
    const step = this.#step;
    this.#step = undefined;
    this.#activity = FINISHED;
    if (step) this.#port.onAborted(reason, step);
  }

  #onAck(sender: ParcelSender, frame: AvdtpFrame): void {
    try {
      this.#write(sender.onFrame(frame));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.abort('cancelled');
    }
    if (sender.done) this.#resume(NO_PAYLOAD);
  }

  #onParcelFrame(activity: Receiving, frame: AvdtpFrame, nowMs: number): void {
    if (frame.kind === 'announce' && this.#port.rejects(frame.type)) {
      this.abort('rejected');
      return;
    }
    const progress = activity.receiver.onFrame(frame);
    const isProgress = frame.kind === 'announce' || frame.kind === 'chunk';
    if (isProgress && activity.receiver.receiving) activity.chunkDeadlineMs = nowMs + CHUNK_TIMEOUT_MS;
    this.#onProgress(progress, 'rejected');
  }

  #onProgress({ replies, payload, failure }: ParcelProgress, reason: AbortReason): void {
    this.#write(replies);
    if (failure) this.abort(reason);
    if (payload) this.#resume(payload);
  }

  #resume(payload: Buffer): void {
    this.#step = undefined;
    this.#activity = FINISHED;
    const { done, value } = this.#procedure.next(payload);
    if (done === true) return;
    this.#step = value;
    this.#activity = activityOf(value, this.#port.sendsSinglePackets);
    if (this.#activity.kind === 'sending') this.#write([this.#activity.sender.start()]);
    else if (this.#activity.kind === 'proposing') this.#write([this.#activity.proposal]);
  }

  #write(frames: readonly Buffer[]): void {
    for (const frame of frames) this.#port.write(frame);
  }
}
