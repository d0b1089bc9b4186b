import type { AvdtpFrame } from '../../protocol/avdtp.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { CHUNK_GAP_MS, type ParcelProgress, ParcelReceiver, ParcelSender } from '../../protocol/parcel.ts';
import type { UpnpOpcode } from '../../protocol/upnp.ts';
import type { Procedure, Step } from './procedure.ts';

/** What a handshake needs of the scooter around it. */
export interface HandshakePort {
  /** Notifies the app on AVDTP. */
  write(bytes: Buffer): void;
  /** Whether the rider consents just now; if not, `consented` may be called later. */
  askConsent(nowMs: number): boolean;
}

interface Receiving {
  readonly kind: 'receiving';
  readonly receiver: ParcelReceiver;
  /** When chunks have stayed away for too long; none before the parcel was announced. */
  gapAtMs?: number;
}

/** The step in hand. */
type Activity =
  | { readonly kind: 'sending'; readonly sender: ParcelSender }
  | Receiving
  | { readonly kind: 'awaiting'; readonly opcode: UpnpOpcode }
  | { readonly kind: 'consent'; announcement?: AvdtpFrame }
  | { readonly kind: 'over' };

const OVER: Activity = { kind: 'over' };
const NOTHING = Buffer.alloc(0);

function begin(step: Step): Activity {
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
  readonly #endsAtMs: number;
  #activity: Activity = OVER;

  /** @param endsAtMs when the watchdog gives the procedure up, in silence */
  constructor(procedure: Procedure<void>, port: HandshakePort, endsAtMs: number) {
    this.#procedure = procedure;
    this.#port = port;
    this.#endsAtMs = endsAtMs;
  }

  /** When `onDeadline` has to be called next; undefined once the procedure is over. */
  get deadlineMs(): number | undefined {
    const activity = this.#activity;
    if (activity.kind === 'over') return undefined;
    const gapAtMs = activity.kind === 'receiving' ? activity.gapAtMs : undefined;
    return Math.min(this.#endsAtMs, gapAtMs ?? Infinity);
  }

  start(): void {
    this.#resume(NOTHING);
  }

  /** Takes a frame of the app; one that does not fit the step in hand changes nothing. */
  onFrame(frame: AvdtpFrame, nowMs: number): void {
    const activity = this.#activity;
    switch (activity.kind) {
      case 'sending':
        this.#onAnswer(activity.sender, frame);
        break;
      case 'receiving':
        this.#onParcelFrame(activity, frame, nowMs);
        break;
      case 'consent':
        if (frame.kind !== 'announce') break;
        activity.announcement = frame;
        if (this.#port.askConsent(nowMs)) this.consented(nowMs);
        break;
      case 'awaiting':
      case 'over':
        break;
    }
  }

  onOpcode(opcode: UpnpOpcode): void {
    if (this.#activity.kind === 'awaiting' && this.#activity.opcode === opcode) this.#resume(NOTHING);
  }

  /** The rider consents now: an announcement that waits for it is answered. */
  consented(nowMs: number): void {
    if (this.#activity.kind !== 'consent' || !this.#activity.announcement) return;
    const { announcement } = this.#activity;
    this.#resume(NOTHING);
    this.onFrame(announcement, nowMs);
  }

  onDeadline(nowMs: number): void {
    const activity = this.#activity;
    if (nowMs >= this.#endsAtMs) {
      this.#activity = OVER;
    } else if (activity.kind === 'receiving' && nowMs >= (activity.gapAtMs ?? Infinity)) {
      activity.gapAtMs = nowMs + CHUNK_GAP_MS;
      this.#onProgress(activity.receiver.onGap());
    }
  }

  #onAnswer(sender: ParcelSender, frame: AvdtpFrame): void {
    try {
      this.#write(sender.onFrame(frame));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#activity = OVER;
    }
    if (sender.done) this.#resume(NOTHING);
  }

  #onParcelFrame(activity: Receiving, frame: AvdtpFrame, nowMs: number): void {
    const progress = activity.receiver.onFrame(frame);
    const came = frame.kind === 'announce' || frame.kind === 'chunk';
    if (came && activity.receiver.receiving) activity.gapAtMs = nowMs + CHUNK_GAP_MS;
    this.#onProgress(progress);
  }

  #onProgress({ replies, payload, failure }: ParcelProgress): void {
    this.#write(replies);
    if (failure) this.#activity = OVER;
    if (payload) this.#resume(payload);
  }

  #resume(payload: Buffer): void {
    this.#activity = OVER;
    const { done, value } = this.#procedure.next(payload);
    if (done === true) return;
    this.#activity = begin(value);
    if (this.#activity.kind === 'sending') this.#write([this.#activity.sender.start()]);
  }

  #write(frames: readonly Buffer[]): void {
    for (const frame of frames) this.#port.write(frame);
  }
}
