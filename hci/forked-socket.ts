import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { extname } from 'node:path';
import { AdapterError } from './adapter-error.ts';
import { withAdvice } from './advice.ts';
import type { SocketCall, SocketReport } from './forked-socket-child.ts';
import { PacketQueue } from './packet-queue.ts';
import type { HciSocket } from './socket.ts';

/** Beside this file, and in the same language: compiled, or as it was written. */
const CHILD = new URL(`./forked-socket-child${extname(import.meta.url)}`, import.meta.url);
/** How long the child may take to send what it was given last. One that blocks in a connect never would. */
const EXIT_GRACE_MS = 500;

/**
 * The kernel's HCI socket in a process of its own: in raw mode its native part connects with a call that blocks its
 * thread, for 40 s where nobody answers. What is asked meanwhile is done in order once the call returns. Stopping ends
 * that process, by force where it blocks; after its one `error`, an AdapterError where there is advice, it is stopped.
 */
export class ForkedSocket extends EventEmitter implements HciSocket {
  readonly #child: ChildProcess;
  readonly #incoming = new PacketQueue((packet) => this.emit('data', packet));
  #graceTimer: NodeJS.Timeout | undefined;
  #isUp = true;
  #isStopped = false;

  /**
   * @param name what messages call the adapter.
   * @param nativeModule what to require for the class of the native socket.
   */
  constructor(name: string, nativeModule: string) {
    super();
    this.#child = fork(CHILD, [nativeModule], {
      serialization: 'advanced',
      // The native socket's shell commands for connection parameters complain there where it is not root.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#child.on('message', (news) => this.#onReport(news as SocketReport));
    this.#child.on('error', (cause) => {
      this.#fail(new AdapterError(`The process for ${name} cannot be used: ${cause.message}`, { cause }));
      if (this.#child.pid === undefined) this.#cleanUp();
    });
    this.#child.once('exit', (code, signal) => {
      const how = signal ?? `exit code ${code}`;
      this.#fail(new AdapterError(`The process for ${name} has died (${how}): see the kernel's log for why`));
      this.#cleanUp();
    });
    // Where the client ends within the grace: a connect that blocks would hold the adapter for up to 40 s more.
    process.once('exit', this.#kill);
  }

  bindRaw(deviceId = 0): number {
    this.#call(['bindRaw', deviceId]);
    return deviceId;
  }

  bindUser(deviceId = 0): number {
    this.#call(['bindUser', deviceId]);
    return deviceId;
  }

  bindControl(): number {
    this.#call(['bindControl']);
    return 0;
  }

  /** As it was when this was asked last; true at first, because a library would take anything else for an adapter off. */
  isDevUp(): boolean {
    this.#call(['isDevUp']);
    return this.#isUp && !this.#isStopped;
  }

  setFilter(filter: Buffer): void {
    this.#call(['setFilter', filter]);
  }

  start(): void {
    this.#call(['start']);
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#incoming.clear();
    if (this.#child.connected) this.#child.disconnect();
    this.#graceTimer = setTimeout(this.#kill, EXIT_GRACE_MS);
  }

  write(packet: Buffer): void {
    this.#call(['write', packet]);
  }

  #call(call: SocketCall): void {
    // Where it cannot be sent, the end of the process says so.
    if (!this.#isStopped && this.#child.connected) this.#child.send(call, () => undefined);
  }

  #onReport(news: SocketReport): void {
    if (this.#isStopped) return;
    if (Buffer.isBuffer(news)) this.#incoming.push(news);
    else if ('isUp' in news) this.#isUp = news.isUp;
    else this.#fail(withAdvice(Object.assign(new Error(news.failure.message), news.failure), 'raw'));
  }

  #fail(error: Error): void {
    if (this.#isStopped) return;
    this.stop();
    this.emit('error', error);
  }

  readonly #kill = (): void => void this.#child.kill('SIGKILL');

  /** Once the process is gone. */
  #cleanUp(): void {
    clearTimeout(this.#graceTimer);
    process.off('exit', this.#kill);
  }
}
