import { Duplex } from 'node:stream';
import { currentOwner, handOver, type Owner } from '../clock/owner.ts';

/** One end of a cable: what is written here is read there. What happens to it happens to its owner. */
class End extends Duplex {
  readonly owner: Owner | undefined;
  peer: End | undefined;
  isSevered = false;
  #resume: (() => void) | undefined;

  constructor(owner: Owner | undefined) {
    super();
    this.owner = owner;
  }

  override _read(): void {
    this.release();
  }

  /** Lets the peer, which waits for this end to read, write on. */
  release(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  /** What waits to be written goes at once: it has left this end even if that is destroyed next. */
  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: () => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'binary', done);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const { peer } = this;
    if (!peer || peer.destroyed) done();
    else handOver(peer.owner, () => peer.#hear(chunk, () => handOver(this.owner, done)));
  }

  override _final(done: () => void): void {
    const { peer } = this;
    if (peer && !peer.destroyed) handOver(peer.owner, () => peer.#hear(null, () => undefined));
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { peer } = this;
    this.peer = undefined;
    if (peer && !peer.destroyed) handOver(peer.owner, () => peer.destroy());
    done(error);
  }

  /** Takes a chunk, or the end; `done` is called once there is room for more. What a severed cable carried is lost. */
  #hear(chunk: Buffer | null, done: () => void): void {
    if (this.isSevered || this.destroyed || this.push(chunk)) done();
    else this.#resume = done;
  }
}

/** A network connection without a network. */
export interface Cable {
  /** The end of whoever lays it, and the world's. Destroying one destroys the other. */
  readonly ends: readonly [Duplex, Duplex];
  /** Who has laid it. */
  readonly owner: Owner | undefined;
  /** From now on each end takes what is written to it, and the other one hears nothing, not even its end. */
  readonly sever: () => void;
}

export function cable(): Cable {
  const owner = currentOwner();
  const ends = [new End(owner), new End(undefined)] as const;
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
        end.release();
      }
    },
  };
}

/** The ends of a cable that nobody severs. */
export function duplexPair(): readonly [Duplex, Duplex] {
  return cable().ends;
}
