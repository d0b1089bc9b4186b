import { Duplex } from 'node:stream';

/** One end of a cable: what is written here is read there. */
class End extends Duplex {
  peer: End | undefined;
  #resume: (() => void) | undefined;

  override _read(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
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

/** A network connection without a network: destroying one end destroys the other. */
export function duplexPair(): [Duplex, Duplex] {
  const [here, there] = [new End(), new End()];
  here.peer = there;
  there.peer = here;
  return [here, there];
}
