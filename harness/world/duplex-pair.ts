import { Duplex } from 'node:stream';

/** One end of a cable: what is written here is read there. */
class End extends Duplex {
  peer: End | undefined;
  #resume: (() => void) | undefined;

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
    else if (peer.push(chunk)) setImmediate(done);
    else peer.#resume = done;
  }

  override _final(done: () => void): void {
    if (this.peer && !this.peer.destroyed) this.peer.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { peer } = this;
    this.peer = undefined;
    if (peer && !peer.destroyed) setImmediate(() => peer.destroy());
    done(error);
  }
}

/** A network connection without a network. */
export interface Cable {
  /** Destroying one destroys the other. */
  readonly ends: readonly [Duplex, Duplex];
  /** From now on each end takes what is written to it, and the other one hears nothing, not even its end. */
  readonly sever: () => void;
}

export function cable(): Cable {
  const ends = [new End(), new End()] as const;
  const [here, there] = ends;
  here.peer = there;
  there.peer = here;
  return {
    ends,
    sever: () => {
      for (const end of ends) {
        end.peer = undefined;
        end.release();
      }
    },
  };
}

/** The ends of a cable that nobody severs. */
export function duplexPair(): readonly [Duplex, Duplex] {
  return cable().ends;
}
