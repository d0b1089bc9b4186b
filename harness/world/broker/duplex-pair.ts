import { Duplex } from 'node:stream';
import { currentOwner, scheduleFor, type Owner } from '../clock/timer-owner.ts';

/** One end of an in-memory connection. Its callbacks run in the context of the simulated process that opened it. */
class Endpoint extends Duplex {
  readonly owner: Owner | undefined;
  peer: Endpoint | undefined;
  isSevered = false;
  #pendingWrite: (() => void) | undefined;
  /** Number of bytes that were written at the other end and have not arrived here. */
  #inFlightBytes = 0;

  constructor(owner: Owner | undefined) {
    super();
    this.owner = owner;
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
    scheduleFor(peer.owner, () => peer.#receive(chunk));
    if (peer.#inFlightBytes + peer.readableLength < peer.readableHighWaterMark) done();
    else this.#pendingWrite = () => scheduleFor(this.owner, done);
  }

  override _final(done: () => void): void {
    const { peer } = this;
    if (peer && !peer.destroyed) scheduleFor(peer.owner, () => peer.#receive(null));
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { peer } = this;
    this.peer = undefined;
    this.resumeWriting();
    peer?.resumeWriting();
    if (peer && !peer.destroyed) scheduleFor(peer.owner, () => peer.destroy());
    done(error);
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

export function openNetworkConnection(): NetworkConnection {
  const owner = currentOwner();
  const ends = [new Endpoint(owner), new Endpoint(undefined)] as const;
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
