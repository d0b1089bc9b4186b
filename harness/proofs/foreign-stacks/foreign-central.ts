import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import type { Device } from '../../../protocol/message.ts';
import { TYPESCRIPT_FLAGS } from '../../../typescript-loader/flags.ts';
import { once, onceThat } from '../../../hci/testing/deadline.ts';

const CHILD = new URL('./central-child.ts', import.meta.url);

type Message =
  | { readonly isReady: true }
  | { readonly discovered: string }
  | { readonly answer?: string }
  | { readonly failure: string };

/** A third-party app in a process of its own, on a controller at a TCP port; it handles one request at a time. */
export class ForeignCentral {
  /** Number of received advertisements by address. */
  readonly advertisementCounts = new Map<string, number>();
  readonly #child: ChildProcess;
  readonly #messages = new EventEmitter();

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (message: Message) => {
      if ('discovered' in message)
        this.advertisementCounts.set(
          message.discovered,
          (this.advertisementCounts.get(message.discovered) ?? 0) + 1,
        );
      this.#messages.emit('discovered' in message ? 'discovered' : 'answer', message);
    });
    child.once('exit', (code) => this.#messages.emit('answer', { failure: `exited with ${code}` }));
  }

  static async start(port: number): Promise<ForeignCentral> {
    const env = { ...process.env };
    // Raw mode, in which noble works without our changes.
    delete env['HCI_CHANNEL_USER'];
    const child = fork(CHILD, [String(port)], {
      env,
      execArgv: [...TYPESCRIPT_FLAGS],
    });
    const central = new ForeignCentral(child);
    await central.#answer();
    return central;
  }

  /** Scans until `address` was received this many times. */
  async waitForAdvertisements(address: string, times = 1): Promise<void> {
    this.advertisementCounts.clear();
    await this.#ask('scan');
    const isReceived = (): boolean => (this.advertisementCounts.get(address) ?? 0) >= times;
    await onceThat(isReceived, [this.#messages, 'discovered'], `${times} advertisements of ${address}`);
  }

  async connect(address: string): Promise<void> {
    await this.#ask('connect', address);
  }

  /** Pairs; returns the token in hex, or undefined if the scooter waits for its power button. */
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
    const [message] = (await once(this.#messages, 'answer', 'an answer of the third-party app')) as [Message];
    if ('failure' in message) throw new Error(`the third-party app failed: ${message.failure}`);
    return 'answer' in message ? message.answer : undefined;
  }
}
