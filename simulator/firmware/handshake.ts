import type { AvdtpFrame } from '../../protocol/avdtp.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import {
  CHUNK_TIMEOUT_MS,
  type ParcelProgress,
  ParcelReceiver,
  ParcelSender,
} from '../../protocol/parcel.ts';
import type { UpnpOpcode } from '../../protocol/upnp.ts';
import type { Procedure, Step } from './procedure.ts';

/** What a handshake needs of the scooter around it. */
export interface HandshakePort {
  /** Notifies the app on AVDTP. */
  write(bytes: Buffer): void;
  /** Whether the rider consents just now; if not, `consented` may be called later. */
  requestConsent(nowMs: number): boolean;
}

interface Receiving {
  readonly kind: 'receiving';
  readonly receiver: ParcelReceiver;
  /** When chunks have stayed away for too long; none before the parcel was announced. */
  chunkDeadlineMs?: number;
}

/** The step in hand. */
type Activity =
  | { readonly kind: 'sending'; readonly sender: ParcelSender }
  | Receiving
  | { readonly kind: 'awaiting'; readonly opcode: UpnpOpcode }
  | { readonly kind: 'consent'; announcement?: AvdtpFrame }
  | { readonly kind: 'over' };

const FINISHED: Activity = { kind: 'over' };
const NO_PAYLOAD = Buffer.alloc(0);

function activityOf(step: Step): Activity {
  switch (step.kind) {
    case 'send':
      return { kind: 'sending', sender: new ParcelSender(step.type, step.payload) };
    case 'receive':
      return { kind: 'receiving', receiver: new ParcelReceiver(step.type) };
    case 'opcode':
      return { kind: 'awaiting', opcode: step.opcode };
    case 'consent':
      return { kind: 'consent' };
  }
}

/** Runs one procedure over the parcels and opcodes of one connection; a watchdog ends it. */
export class Handshake {
  readonly #procedure: Procedure<void>;
  readonly #port: HandshakePort;
  readonly #timeoutAtMs: number;
  #activity: Activity = FINISHED;

  /** @param timeoutAtMs when the watchdog gives the procedure up, in silence */
  constructor(procedure: Procedure<void>, port: HandshakePort, timeoutAtMs: number) {
    this.#procedure = procedure;
    this.#port = port;
    this.#timeoutAtMs = timeoutAtMs;
  }

  /** When `onDeadline` has to be called next; undefined once the procedure is over. */
  get deadlineMs(): number | undefined {
    const activity = this.#activity;
    if (activity.kind === 'over') return undefined;
    const gapAtMs = activity.kind === 'receiving' ? activity.chunkDeadlineMs : undefined;
    return Math.min(this.#timeoutAtMs, gapAtMs ?? Infinity);
  }

  start(): void {
    this.#resume(NO_PAYLOAD);
  }

  /** Takes a frame of the app; one that does not fit the step in hand changes nothing. */
  onFrame(frame: AvdtpFrame, nowMs: number): void {
    const activity = this.#activity;
    switch (activity.kind) {
      case 'sending':
        this.#onAck(activity.sender, frame);
        break;
      case 'receiving':
        this.#onParcelFrame(activity, frame, nowMs);
        break;
      case 'consent':
        if (frame.kind !== 'announce') break;
        activity.announcement = frame;
        if (this.#port.requestConsent(nowMs)) this.onConsent(nowMs);
        break;
      case 'awaiting':
      case 'over':
        break;
    }
  }

  onOpcode(opcode: UpnpOpcode): void {
    if (this.#activity.kind === 'awaiting' && this.#activity.opcode === opcode) this.#resume(NO_PAYLOAD);
  }

  /** The rider consents now: an announcement that waits for it is answered. */
  onConsent(nowMs: number): void {
    if (this.#activity.kind !== 'consent' || !this.#activity.announcement) return;
    const { announcement } = this.#activity;
    this.#resume(NO_PAYLOAD);
    this.onFrame(announcement, nowMs);
  }

  onDeadline(nowMs: number): void {
    const activity = this.#activity;
    if (nowMs >= this.#timeoutAtMs) {
      this.#activity = FINISHED;
    } else if (activity.kind === 'receiving' && nowMs >= (activity.chunkDeadlineMs ?? Infinity)) {
      activity.chunkDeadlineMs = nowMs + CHUNK_TIMEOUT_MS;
      this.#onProgress(activity.receiver.onChunkTimeout());
    }
  }

  #onAck(sender: ParcelSender, frame: AvdtpFrame): void {
    try {
      this.#write(sender.onFrame(frame));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#activity = FINISHED;
    }
    if (sender.done) this.#resume(NO_PAYLOAD);
  }

  #onParcelFrame(activity: Receiving, frame: AvdtpFrame, nowMs: number): void {
    const progress = activity.receiver.onFrame(frame);
    const isProgress = frame.kind === 'announce' || frame.kind === 'chunk';
    if (isProgress && activity.receiver.receiving) activity.chunkDeadlineMs = nowMs + CHUNK_TIMEOUT_MS;
    this.#onProgress(progress);
  }

  #onProgress({ replies, payload, failure }: ParcelProgress): void {
    this.#write(replies);
    if (failure) this.#activity = FINISHED;
    if (payload) this.#resume(payload);
  }

  #resume(payload: Buffer): void {
    this.#activity = FINISHED;
    const { done, value } = this.#procedure.next(payload);
    if (done === true) return;
    this.#activity = activityOf(value);
    if (this.#activity.kind === 'sending') this.#write([this.#activity.sender.start()]);
  }

  #write(frames: readonly Buffer[]): void {
    for (const frame of frames) this.#port.write(frame);
  }
}
