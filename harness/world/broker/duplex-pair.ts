import { Duplex } from 'node:stream';
import { currentOwner, runAsWorld, scheduleFor, type Owner } from '../clock/timer-owner.ts';

/** How a network carries what is sent over it. */
export interface NetworkConditions {
  /** Time that bytes, and the close of a connection, take to the other end, in milliseconds. */
  lagMs: number;
  /** Maximum number of bytes that arrive at once. */
  chunkBytes: number;
}

/** A network on one machine. */
const IDEAL: Readonly<NetworkConditions> = { lagMs: 0, chunkBytes: Infinity };

/** One end of an in-memory connection. Its callbacks run in the context of the simulated process that opened it. */
class Endpoint extends Duplex {
  readonly owner: Owner | undefined;
  peer: Endpoint | undefined;
  isSevered = false;
  readonly #conditions: Readonly<NetworkConditions>;
  /** What is under way to this end, oldest first, and when the last of it arrives. */
  readonly #arrivals = new Set<NodeJS.Timeout>();
  #lastArrivalMs = 0;
  #pendingWrite: (() => void) | undefined;
  /** Number of bytes that were written at the other end and have not arrived here. */
  #inFlightBytes = 0;

  constructor(owner: Owner | undefined, conditions: Readonly<NetworkConditions>) {
    super();
    this.owner = owner;
    this.#conditions = conditions;
  }

  override _read(): void {
    this.peer?.resumeWriting();
  }

  /** Completes a write that waits for the other end to read. */
  resumeWriting(): void {
    const resume = this.#pendingWrite;
    this.#pendingWrite = undefined;
    resume?.();
  }

  /** Writes all queued chunks at once, so that they are sent even if this end is destroyed next. */
  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: () => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'binary', done);
  }

  /** Delays the writer while the other end has more unread bytes than its high-water mark. */
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const { peer } = this;
    if (!peer || peer.destroyed) {
      done();
      return;
    }
    peer.#inFlightBytes += chunk.length;
    const { chunkBytes } = this.#conditions;
    for (let at = 0; at < chunk.length; at += chunkBytes) {
      const part = chunk.subarray(at, at + chunkBytes);
      peer.#arrive(() => peer.#receive(part));
    }
    if (peer.#inFlightBytes + peer.readableLength < peer.readableHighWaterMark) done();
    else this.#pendingWrite = () => scheduleFor(this.owner, done);
  }

  override _final(done: () => void): void {
    const { peer } = this;
    if (peer && !peer.destroyed) peer.#arrive(() => peer.#receive(null));
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { peer } = this;
    this.peer = undefined;
    this.resumeWriting();
    peer?.resumeWriting();
    if (peer && !peer.destroyed) peer.#arrive(() => peer.destroy());
    for (const arrival of this.#arrivals) clearTimeout(arrival);
    done(error);
  }

  /** Runs `act` at this end once what was sent before has arrived, and the lag has passed. */
  #arrive(act: () => void): void {
    const nowMs = performance.now();
    const atMs = Math.max(nowMs + this.#conditions.lagMs, this.#lastArrivalMs);
    if (atMs <= nowMs) {
      scheduleFor(this.owner, act);
      return;
    }
    this.#lastArrivalMs = atMs;
    runAsWorld(() => {
      const arrival = setTimeout(() => {
        this.#arrivals.delete(arrival);
        scheduleFor(this.owner, act);
      }, atMs - nowMs);
      this.#arrivals.add(arrival);
    });
  }

  /** Receives a chunk, or the end of the stream; a severed connection loses both. */
  #receive(chunk: Buffer | null): void {
    this.#inFlightBytes -= chunk?.length ?? 0;
    if (!this.isSevered && !this.destroyed) this.push(chunk);
  }
}

/** A network connection in memory. */
export interface NetworkConnection {
  /**
   * Local end, held by the process that opened the connection, and remote end, held by the simulated network. Destroying
   * one destroys the other.
   */
  readonly ends: readonly [Duplex, Duplex];
  /** The process that opened it. */
  readonly owner: Owner | undefined;
  /** Makes the connection half-open: either end accepts writes, but nothing arrives, not even a close. */
  readonly sever: () => void;
}

/** Opens a connection over a network, whose conditions may change meanwhile. */
export function openNetworkConnection(conditions: Readonly<NetworkConditions> = IDEAL): NetworkConnection {
  const owner = currentOwner();
  const ends = [new Endpoint(owner, conditions), new Endpoint(undefined, conditions)] as const;
  const [here, there] = ends;
  here.peer = there;
  there.peer = here;
  return {
    ends,
    owner,
    sever: () => {
      for (const end of ends) {
        end.peer = undefined;
        end.isSevered = true;
        end.resumeWriting();
      }
    },
  };
}

/** Opens a connection that is never severed. */
export function duplexPair(): readonly [Duplex, Duplex] {
  return openNetworkConnection().ends;
}
