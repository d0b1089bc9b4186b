import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { extname } from 'node:path';
import { AdapterError } from './adapter-error.ts';
import { withAdvice } from './advice.ts';
import type { SocketCall, SocketReport } from './forked-socket-messages.ts';
import { PacketQueue } from './packet-queue.ts';
import type { HciSocket } from './socket.ts';

/** The child's module next to this one, compiled or as TypeScript. */
const CHILD = new URL(`./forked-socket-child${extname(import.meta.url)}`, import.meta.url);
/** Time for the child to send its last packets and exit. A child that blocks in a connect would not exit. */
const EXIT_GRACE_MS = 500;

/**
 * The kernel's HCI socket in a child process: in raw mode its native connect call blocks the thread, for 40 s if the
 * peer does not answer. It emits `open` once the child runs and has bound the socket. Calls made meanwhile are executed in order once it returns. Stopping ends the child, by SIGKILL
 * if it blocks. The socket emits `error` at most once (an AdapterError if there is advice), and is stopped then.
 */
export class ForkedSocket extends EventEmitter implements HciSocket {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #incoming = new PacketQueue((packet) => this.emit('data', packet));
  #graceTimer: NodeJS.Timeout | undefined;
  #isUp = true;
  #isStopped = false;

  /**
   * @param name name of the adapter in messages.
   * @param nativeModule module that exports the class of the native socket.
   */
  constructor(name: string, nativeModule: string) {
    super();
    this.#name = name;
    this.#child = fork(CHILD, [nativeModule], {
      serialization: 'advanced',
      // The native socket runs shell commands to set connection parameters, which print errors unless it is root.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#child.on('message', (report) => this.#onReport(report as SocketReport));
    this.#child.on('error', (cause) => {
      this.#fail(new AdapterError(`Cannot run the child process for ${name}: ${cause.message}`, { cause }));
      if (this.#child.pid === undefined) this.#cleanUp();
    });
    this.#child.once('exit', (code, signal) => {
      const how = signal ?? `exit code ${code}`;
      this.#fail(
        new AdapterError(
          `The child process for ${name} exited unexpectedly (${how}): check the kernel log for the reason`,
        ),
      );
      this.#cleanUp();
    });
    // If the client exits within the grace period, a blocking connect would keep the adapter busy for up to 40 s.
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

  /** Result of the previous query; initially true, because a library would otherwise treat the adapter as off. */
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
    // If sending fails, the child's `exit` reports why.
    if (!this.#isStopped && this.#child.connected) this.#child.send(call, () => undefined);
  }

  #onReport(report: SocketReport): void {
    if (this.#isStopped) return;
    if (Buffer.isBuffer(report)) this.#incoming.push(report);
    else if ('isUp' in report) this.#isUp = report.isUp;
    else if ('isBound' in report) this.emit('open');
    else
      this.#fail(
        withAdvice(Object.assign(new Error(report.failure.message), report.failure), this.#name, 'raw'),
      );
  }

  #fail(error: Error): void {
    if (this.#isStopped) return;
    this.stop();
    this.emit('error', error);
  }

  readonly #kill = (): void => void this.#child.kill('SIGKILL');

  /** Releases the timer and the listener once the child has exited. */
  #cleanUp(): void {
    clearTimeout(this.#graceTimer);
    process.off('exit', this.#kill);
  }
}
