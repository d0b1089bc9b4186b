import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import type { Device } from '../../../protocol/message.ts';
import { TYPESCRIPT_FLAGS } from '../../../loader/flags.ts';

const CHILD = new URL('./central-child.ts', import.meta.url);

type Message =
  | { readonly isReady: true }
  | { readonly heard: string }
  | { readonly answer?: string }
  | { readonly failure: string };

/** A stranger's app in a process of its own, on a controller at a TCP port; it is asked one thing at a time. */
export class ForeignCentral {
  /** How often each address was heard. */
  readonly heard = new Map<string, number>();
  readonly #child: ChildProcess;
  readonly #told = new EventEmitter();

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (message: Message) => {
      if ('heard' in message) this.heard.set(message.heard, (this.heard.get(message.heard) ?? 0) + 1);
      this.#told.emit('heard' in message ? 'heard' : 'answer', message);
    });
    child.once('exit', (code) => this.#told.emit('answer', { failure: `it has ended with ${code}` }));
  }

  static async start(port: number): Promise<ForeignCentral> {
    const env = { ...process.env };
    // Raw mode, in which noble needs no help.
    delete env['HCI_CHANNEL_USER'];
    const child = fork(CHILD, [String(port)], {
      env,
      execArgv: [...TYPESCRIPT_FLAGS],
    });
    const central = new ForeignCentral(child);
    await central.#answer();
    return central;
  }

  /** Listens until `address` was heard `times` more. */
  async hears(address: string, times = 1): Promise<void> {
    this.heard.clear();
    await this.#ask('listen');
    while ((this.heard.get(address) ?? 0) < times) await once(this.#told, 'heard');
  }

  async connect(address: string): Promise<void> {
    await this.#ask('connect', address);
  }

  /** The token, in hex; undefined where the scooter waits for its power button. */
  async register(): Promise<string | undefined> {
    return this.#ask('register');
  }

  async logIn(token: string): Promise<void> {
    await this.#ask('logIn', token);
  }

  async read(device: Device, register: number, byteCount: number): Promise<Buffer> {
    return Buffer.from((await this.#ask('read', device, String(register), String(byteCount))) ?? '', 'hex');
  }

  async disconnect(): Promise<void> {
    await this.#ask('disconnect');
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill();
    await exited;
  }

  async #ask(...request: string[]): Promise<string | undefined> {
    const answer = this.#answer();
    this.#child.send(request);
    return answer;
  }

  async #answer(): Promise<string | undefined> {
    const [message] = (await once(this.#told, 'answer')) as [Message];
    if ('failure' in message) throw new Error(`The foreign central: ${message.failure}`);
    return 'answer' in message ? message.answer : undefined;
  }
}
