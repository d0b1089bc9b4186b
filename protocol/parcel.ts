import { type AvdtpFrame, CHUNK_PAYLOAD_BYTES, PARCEL, type ParcelType, encodeAvdtp } from './avdtp.ts';
import { ProtocolError } from './errors.ts';
import { chunk } from './gatt.ts';

/** Time that a receiver waits for the next chunk before it requests the missing ones (MiAuth SDK). */
export const CHUNK_TIMEOUT_MS = 400;

/** Time limit of a whole registration or login, enforced by the scooter (MiAuth SDK). */
export const PROCEDURE_TIMEOUT_MS = 30_000;

/** Number of times that a receiver requests missing chunks before it gives up (MiAuth SDK). */
export const MAX_LOST_REQUESTS = 3;

/**
 * Sender of one parcel. The caller writes the frame that `start` returns, then passes every frame of the peer to
 * `onFrame` and writes its results, until `done`. Timeouts are up to the caller.
 */
export class ParcelSender {
  readonly #type: ParcelType;
  readonly #payload: Buffer;
  readonly #chunks: Buffer[];
  readonly #isSingle: boolean;
  #hasSent = false;
  #done = false;

  /**
   * @param payload 1 byte up to the maximum of the parcel type; throws `length` otherwise
   * @param options.single send it in one frame without announcement, as newer scooters do; at most 16 bytes
   */
  constructor(type: ParcelType, payload: Buffer, { single = false }: { single?: boolean } = {}) {
    if (payload.length === 0 || payload.length > PARCEL[type].maxBytes) {
      throw new ProtocolError('length', `a ${type} parcel cannot have ${payload.length} bytes`);
    }
    this.#type = type;
    this.#payload = payload;
    this.#chunks = chunk(payload, CHUNK_PAYLOAD_BYTES);
    this.#isSingle = single;
  }

  /** Whether the peer has acknowledged the whole parcel. */
  get done(): boolean {
    return this.#done;
  }

  /** Returns the frame that starts the transfer. */
  start(): Buffer {
    return this.#isSingle
      ? encodeAvdtp({ kind: 'single', type: this.#type, payload: this.#payload })
      : encodeAvdtp({ kind: 'announce', type: this.#type, chunkCount: this.#chunks.length });
  }

  /**
   * Returns the frames to write in response to one of the peer's. Ignores unrelated frames, and all frames after the
   * end. Throws `parcel` if the peer aborted the transfer.
   */
  onFrame(frame: AvdtpFrame | undefined): Buffer[] {
    if (frame === undefined || this.#done) return [];
    switch (frame.kind) {
      case 'ready':
        return this.#send(this.#chunks.keys());
      case 'lost':
        return this.#send(new Set(frame.chunks.map((index) => index - 1)));
      case 'complete':
        // Before READY, it belongs to an earlier parcel.
        this.#done = this.#hasSent;
        return [];
      case 'singleAck':
        if (frame.result !== 0) throw this.#transferError(`result ${frame.result}`);
        this.#done = this.#isSingle;
        return [];
      case 'timeout':
      case 'cancel':
        throw this.#transferError(frame.kind);
      case 'busy':
      case 'announce':
      case 'chunk':
      case 'single':
      case 'linkParameter':
      case 'linkParameterAck':
        return [];
    }
  }

  #send(positions: Iterable<number>): Buffer[] {
    this.#hasSent = true;
    return Array.from(positions).flatMap((position) => {
      const payload = this.#chunks[position];
      return payload === undefined ? [] : [encodeAvdtp({ kind: 'chunk', index: position + 1, payload })];
    });
  }

  #transferError(reason: string): ProtocolError {
    return new ProtocolError('parcel', `the peer aborted the ${this.#type} parcel: ${reason}`);
  }
}

/** Result of an event at a receiver: frames to write first, and, at the end, the payload or the failure. */
export interface ParcelProgress {
  replies: Buffer[];
  payload?: Buffer;
  /** Always of code `parcel`. */
  failure?: ProtocolError;
}

const NO_PROGRESS: ParcelProgress = { replies: [] };

/**
 * Receiver of one parcel of one type, chunked or as a single packet. The caller passes every frame of the peer to
 * `onFrame`, calls `onChunkTimeout` if no chunk arrived for {@link CHUNK_TIMEOUT_MS} while `receiving`, and writes the
 * replies. Chunks may arrive in any order, repeatedly, or never; an invalid chunk counts as missing.
 */
export class ParcelReceiver {
  readonly #type: ParcelType;
  #chunks: (Buffer | undefined)[] = [];
  #lostRequests = 0;
  #state: 'idle' | 'receiving' | 'ended' = 'idle';

  constructor(type: ParcelType) {
    this.#type = type;
  }

  /** Whether a parcel was announced and is incomplete: only then does the chunk timeout apply. */
  get receiving(): boolean {
    return this.#state === 'receiving';
  }

  onFrame(frame: AvdtpFrame | undefined): ParcelProgress {
    if (frame === undefined || this.#state === 'ended') return NO_PROGRESS;
    switch (frame.kind) {
      case 'announce':
        return this.#onAnnounce(frame.type, frame.chunkCount);
      case 'chunk':
        return this.#state === 'receiving' ? this.#onChunk(frame.index, frame.payload) : NO_PROGRESS;
      case 'single':
        return this.#onSingle(frame.type, frame.payload);
      case 'ready':
      case 'complete':
      case 'busy':
      case 'timeout':
      case 'cancel':
      case 'lost':
      case 'singleAck':
      case 'linkParameter':
      case 'linkParameterAck':
        return NO_PROGRESS;
    }
  }

  /** Requests the missing chunks; after {@link MAX_LOST_REQUESTS} requests notifies the peer and fails. */
  onChunkTimeout(): ParcelProgress {
    if (this.#state !== 'receiving') return NO_PROGRESS;
    if (this.#lostRequests === MAX_LOST_REQUESTS) return this.#fail('timeout', 'chunks are missing');
    this.#lostRequests += 1;
    const missing = Array.from(this.#chunks.entries())
      .filter(([, payload]) => payload === undefined)
      .map(([position]) => position + 1);
    return { replies: [encodeAvdtp({ kind: 'lost', chunks: missing })] };
  }

  #onAnnounce(type: ParcelType, chunkCount: number): ParcelProgress {
    if (type !== this.#type) return this.#fail('cancel', `the peer announced a ${type} parcel`);
    if (chunkCount > Math.ceil(PARCEL[type].maxBytes / CHUNK_PAYLOAD_BYTES)) {
      return this.#fail('cancel', `the peer announced ${chunkCount} chunks`);
    }
    this.#state = 'receiving';
    this.#chunks = Array.from({ length: chunkCount }, () => undefined);
    return { replies: [encodeAvdtp({ kind: 'ready' })] };
  }

  #onChunk(index: number, payload: Buffer): ParcelProgress {
    const isLast = index === this.#chunks.length;
    if (index > this.#chunks.length || (!isLast && payload.length !== CHUNK_PAYLOAD_BYTES))
      return NO_PROGRESS;
    this.#chunks[index - 1] ??= Buffer.from(payload);
    const complete = this.#chunks.filter((received) => received !== undefined);
    if (complete.length < this.#chunks.length) return NO_PROGRESS;
    return this.#complete(Buffer.concat(complete), 'complete');
  }

  #onSingle(type: ParcelType, payload: Buffer): ParcelProgress {
    if (type !== this.#type) return this.#fail('cancel', `the peer sent a ${type} parcel`);
    return this.#complete(payload, 'single');
  }

  #complete(payload: Buffer, kind: 'complete' | 'single'): ParcelProgress {
    if (payload.length > PARCEL[this.#type].maxBytes) {
      return this.#fail('cancel', `${payload.length} bytes arrived`);
    }
    this.#state = 'ended';
    const ack = encodeAvdtp(kind === 'complete' ? { kind: 'complete' } : { kind: 'singleAck', result: 0 });
    return { replies: [ack], payload };
  }

  #fail(ack: 'cancel' | 'timeout', reason: string): ParcelProgress {
    this.#state = 'ended';
    return {
      replies: [encodeAvdtp({ kind: ack })],
      failure: new ProtocolError('parcel', `cannot receive the ${this.#type} parcel: ${reason}`),
    };
  }
}
