import { Duplex } from 'node:stream';
import { currentOwner, scheduleFor, type Owner } from '../clock/owner.ts';

/** One end of a cable: what is written here is read there. What happens to it happens to its owner. */
class Endpoint extends Duplex {
  readonly owner: Owner | undefined;
  peer: Endpoint | undefined;
  isSevered = false;
  #pendingWrite: (() => void) | undefined;
  /** On their way to this end, in bytes. */
  #inFlightBytes = 0;

  constructor(owner: Owner | undefined) {
    super();
    this.owner = owner;
  }

  override _read(): void {
    this.peer?.resumeWriting();
  }

  /** Lets this end write on, where that waits for the other one to read. */
  resumeWriting(): void {
    const resume = this.#pendingWrite;
    this.#pendingWrite = undefined;
    resume?.();
  }

  /** What waits to be written goes at once: it has left this end even if that is destroyed next. */
  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: () => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'binary', done);
  }

  /** Whoever writes has to wait only while there is more for the other end than that has room for. */
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

  /** Takes a chunk, or the end. What a severed cable carried is lost. */
  #receive(chunk: Buffer | null): void {
    this.#inFlightBytes -= chunk?.length ?? 0;
    if (!this.isSevered && !this.destroyed) this.push(chunk);
  }
}

/** A network connection without a network. */
export interface NetworkConnection {
  /** The end of whoever lays it, and the world's. Destroying one destroys the other. */
  readonly ends: readonly [Duplex, Duplex];
  /** Who has laid it. */
  readonly owner: Owner | undefined;
  /** From now on each end takes what is written to it, and the other one hears nothing, not even its end. */
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

/** The ends of a cable that nobody severs. */
export function duplexPair(): readonly [Duplex, Duplex] {
  return openNetworkConnection().ends;
}
