import { EncryptedFrameDecoder, type OpenedFrame } from '../../../protocol/encrypted-frame.ts';
import { ProtocolError, withoutErrors } from '../../../protocol/errors.ts';
import { ATT_PAYLOAD_BYTES } from '../../../protocol/gatt.ts';
import type { LoginKeys } from '../../../protocol/keys.ts';
import { COMMANDS, type RegisterMessage, replyTo, requestedDevice } from '../../../protocol/message.ts';
import { PlainFrameDecoder } from '../../../protocol/plain-frame.ts';
import { decodeUpnp } from '../../../protocol/upnp.ts';
import { XorFrameDecoder } from '../../../protocol/xor-frame.ts';
import type { Channel } from '../../../simulator/firmware/channel.ts';
import type { FirmwareEvent } from '../../../simulator/firmware/firmware.ts';
import type { Quirk } from '../../../simulator/firmware/quirks.ts';
import type { ScooterModel } from '../../../simulator/models/model.ts';
import { expectEqual, expectThat } from '../expect.ts';
import { type ExpectedMemory, isValidRead, isWritable } from './settings.ts';

/** Time after which the scooter discards a partial frame. */
const FRAME_TIMEOUT_MS = 1000;
/** Time from a press of the button in which a registration may succeed: until it has begun, and until its time-out. */
const PRESS_VALID_MS = 60_000;
/** A scooter answers the frames that a write completes, of nine bytes at least, in up to five notifications each. */
const MIN_FRAME_BYTES = 9;
const MAX_NOTIFICATIONS = 6;

export interface MonitorOptions {
  readonly model: ScooterModel;
  readonly keystream: Buffer;
  readonly token: Buffer | undefined;
  readonly quirks: ReadonlySet<Quirk>;
  /** Undefined if the registers follow a ride. */
  readonly memory: ExpectedMemory | undefined;
}

/** What the scooter has to do next with a request, in order. */
interface Expected {
  readonly type: 'written' | 'replied';
  readonly message: RegisterMessage;
}

/** Access to the registers on this connection: what decodes requests and replies. */
interface Session {
  readonly requests: (bytes: Buffer) => readonly RegisterMessage[];
  readonly reset: () => void;
  /** Decodes what the scooter notifies; undefined if the format of a reply is not certain. */
  readonly replies: ((bytes: Buffer) => readonly (RegisterMessage | ProtocolError)[]) | undefined;
}

/**
 * Watches a scooter from outside, and knows what an app may reach: it has to prove the token on this connection, and to
 * send whole frames of this session whose counters do not go back. Violations are kept until `check` throws them,
 * because the scooter calls the monitor.
 */
export class ScooterMonitor {
  token: Buffer | undefined;
  readonly #options: MonitorOptions;
  #violation: Error | undefined;
  #session: Session | undefined;
  /** Keys of the logins on this connection whose proof was right. */
  readonly #proved: LoginKeys[] = [];
  /** Tokens that the app has derived on this connection. */
  readonly #derived: Buffer[] = [];
  #expected: Expected[] = [];
  /** Replies whose notifications follow. */
  #announced: RegisterMessage[] = [];
  #pressedAtMs = -Infinity;
  #lastBytesAtMs = 0;
  #mayReset = false;
  #notifications = 0;
  #registered = 0;

  constructor(options: MonitorOptions) {
    this.#options = options;
    this.token = options.token;
  }

  /** Number of registrations so far. */
  get registrations(): number {
    return this.#registered;
  }

  get hasSession(): boolean {
    return this.#session !== undefined;
  }

  /** Called before the app sends a right proof. */
  proved(keys: LoginKeys): void {
    this.#proved.push(keys);
  }

  /** Called before the app sends its encrypted id, after which a registration can be confirmed. */
  derived(token: Buffer): void {
    this.#derived.push(token);
  }

  pressed(nowMs: number): void {
    this.#pressedAtMs = nowMs;
  }

  /** Called before the scooter is switched on. */
  restarted(resets: boolean): void {
    this.#mayReset = resets;
    if (resets) this.token = undefined;
    this.disconnected();
  }

  /** Called also if the scooter was switched off, which it does not report. */
  disconnected(): void {
    this.#session = undefined;
    this.#proved.length = 0;
    this.#derived.length = 0;
    this.#expected = [];
    this.#announced = [];
  }

  /** Called before each write. */
  onWrite(channel: Channel, bytes: Buffer, nowMs: number): void {
    this.#notifications -= MAX_NOTIFICATIONS * Math.floor(bytes.length / MIN_FRAME_BYTES);
    if (channel !== 'uart' || !this.#session) return;
    if (nowMs - this.#lastBytesAtMs > FRAME_TIMEOUT_MS) this.#session.reset();
    this.#lastBytesAtMs = nowMs;
    for (const request of this.#session.requests(bytes)) this.#expected.push(...this.#expectedOf(request));
  }

  onNotify(channel: Channel, bytes: Buffer): void {
    this.#notifications += 1;
    this.#keep(() => {
      expectThat(bytes.length <= ATT_PAYLOAD_BYTES, 'sends a notification that does not fit in a packet');
      if (channel === 'upnp' && decodeUpnp(bytes) === 'loggedIn')
        expectThat(this.#proved.length > 0, 'accepts a login without a right proof');
      if (channel === 'uart') this.#checkRegisterBytes(bytes);
    });
  }

  onEvent(event: FirmwareEvent): void {
    this.#keep(() => {
      switch (event.type) {
        case 'connected':
          this.#connected();
          break;
        case 'disconnected':
          this.disconnected();
          break;
        case 'loggedIn':
          this.#loggedIn(event.keys);
          break;
        case 'registered':
          this.#onRegistered(event.token, event.nowMs);
          break;
        case 'factoryReset':
          expectThat(this.#mayReset, 'deletes its pairing');
          break;
        case 'written':
        case 'replied':
        case 'withheld':
          this.#onRegisterEvent(event);
          break;
        // Nothing follows from them for who may do what.
        case 'beep':
        case 'chunksRequested':
        case 'command':
        case 'loginAborted':
        case 'loginFailed':
        case 'loginPrevented':
        case 'loginRepeated':
        case 'registrationAborted':
        case 'registrationFailed':
        case 'registrationOpened':
        case 'tokenDerived':
          break;
      }
    });
  }

  /** Throws what was violated since the last call, or what the scooter has not done. */
  check(token: Buffer | undefined): void {
    const mayWait = [...this.#options.quirks].some(({ delayMs }) => delayMs);
    this.#keep(() => {
      expectThat(this.#notifications <= MAX_NOTIFICATIONS, 'sends more than an input asks for');
      expectEqual('the token', token, this.token);
      if (this.#expected.length > 0 && !mayWait)
        throw new Error(`does not answer a request of its session: ${this.#expected[0]?.type}`);
    });
    // Of a scooter that is slow, several replies may come at once.
    this.#notifications = mayWait ? Math.min(0, this.#notifications) : 0;
    if (this.#violation) throw this.#violation;
  }

  #keep(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#violation ??= error instanceof Error ? error : new Error(String(error));
    }
  }

  #connected(): void {
    this.disconnected();
    const { model, keystream, quirks } = this.#options;
    if (model.generation === 'plain') {
      const [requests, replies] = [new PlainFrameDecoder(), new PlainFrameDecoder()];
      this.#session = {
        requests: (bytes) => withoutErrors(requests.push(bytes)),
        reset: () => requests.reset(),
        replies: (bytes) => replies.push(bytes),
      };
    }
    if (model.generation === 'xor') {
      const [requests, plain, replies] = [
        new XorFrameDecoder(keystream),
        new PlainFrameDecoder(),
        new XorFrameDecoder(keystream),
      ];
      const answersPlain = (request: RegisterMessage): boolean =>
        [...quirks].some((quirk) => quirk.answersPlain?.(request) === true);
      this.#session = {
        requests: (bytes) => {
          const inPlain = withoutErrors(plain.push(bytes)).filter(answersPlain);
          return [...withoutErrors(requests.push(bytes)), ...inPlain];
        },
        reset: () => {
          requests.reset();
          plain.reset();
        },
        replies: [...quirks].some((quirk) => quirk.answersPlain) ? undefined : (bytes) => replies.push(bytes),
      };
    }
  }

  #loggedIn(keys: LoginKeys): void {
    const isRight = this.#proved.some(
      ({ app, device }) => app.key.equals(keys.app.key) && device.key.equals(keys.device.key),
    );
    expectThat(isRight, 'accepts a login without a right proof');
    const [requests, replies] = [new EncryptedFrameDecoder(keys.app), new EncryptedFrameDecoder(keys.device)];
    let [lastRequest, lastReply] = [-1, 0];
    const isNew = ({ counter }: OpenedFrame): boolean => {
      const isAccepted = counter >= lastRequest;
      if (isAccepted) lastRequest = counter;
      return isAccepted;
    };
    this.#expected = [];
    this.#session = {
      requests: (bytes) =>
        withoutErrors(requests.push(bytes))
          .filter(isNew)
          .map(({ message }) => message),
      reset: () => requests.reset(),
      replies: (bytes) =>
        replies.push(bytes).map((reply) => {
          if (reply instanceof ProtocolError) return reply;
          expectThat(reply.counter > lastReply, 'repeats a counter, and with it the nonce of its cipher');
          lastReply = reply.counter;
          return reply.message;
        }),
    };
  }

  #onRegistered(token: Buffer, nowMs: number): void {
    expectThat(
      this.#derived.some((each) => each.equals(token)),
      'registers an app that has not confirmed the same token',
    );
    expectThat(nowMs - this.#pressedAtMs <= PRESS_VALID_MS, 'registers an app without a press of the button');
    this.#pressedAtMs = -Infinity;
    this.#registered += 1;
    this.token = token;
    this.#session = undefined;
    this.#expected = [];
  }

  /** What has to happen to a request that has arrived whole. */
  #expectedOf(request: RegisterMessage): Expected[] {
    const device = requestedDevice(request);
    if (!device) return [];
    const reply = (data: Buffer): Expected => ({ type: 'replied', message: replyTo(device, request, data) });
    if (request.command === COMMANDS.read)
      return isValidRead(request) ? [reply(Buffer.alloc(request.data[0] ?? 0))] : [];
    const hasReply = request.command === COMMANDS.write;
    if (!hasReply && request.command !== COMMANDS.writeNoReply) return [];
    const isWritten = isWritable(request, this.#options.model);
    return [
      ...(isWritten ? [{ type: 'written' as const, message: request }] : []),
      ...(hasReply ? [reply(Buffer.of(isWritten ? 1 : 0))] : []),
    ];
  }

  #onRegisterEvent(
    event: FirmwareEvent & { type: 'written' | 'replied' | 'withheld' } & RegisterMessage,
  ): void {
    const { type, address, command, register, data } = event;
    const message = { address, command, register, data };
    expectThat(this.#session !== undefined, `${type} a register before a login`);
    const expected = this.#expected.shift();
    if (!expected) throw new Error(`${type} a register that no frame of this session has asked for`);
    const { memory } = this.#options;
    const device = requestedDevice(
      expected.type === 'written' ? expected.message : requestOf(expected.message),
    );
    if (type === 'withheld') {
      expectEqual('withholds a reply', [expected.type, expected.message.command], ['replied', COMMANDS.read]);
      return;
    }
    const isRead = command === COMMANDS.read;
    const known =
      isRead && memory && device
        ? memory.read(device, { ...expected.message, data: Buffer.of(data.length) })
        : undefined;
    const expectedData = isRead ? (known ?? data) : expected.message.data;
    expectEqual(`has ${type}`, [type, message], [expected.type, { ...expected.message, data: expectedData }]);
    expectEqual('has as many bytes', data.length, expected.message.data.length);
    if (type === 'written' && memory && device) memory.write(device, message);
    if (type === 'replied') this.#announced.push(message);
  }

  #checkRegisterBytes(bytes: Buffer): void {
    const hasChatter = [...this.#options.quirks].some(({ chatter }) => chatter);
    if (!this.#session) {
      expectThat(hasChatter, 'sends register frames before a login');
      return;
    }
    if (!this.#session.replies) return;
    for (const reply of this.#session.replies(bytes)) {
      if (reply instanceof ProtocolError) throw new Error(`sends a frame that is not intact: ${reply.code}`);
      expectEqual('sends another reply than it reports', reply, this.#announced.shift());
    }
  }
}

/** The request that a reply answers, as far as its device is concerned. */
function requestOf(reply: RegisterMessage): RegisterMessage {
  return { ...reply, address: reply.address - REPLY_OFFSET };
}

/** Difference between the addresses of a device in replies and in requests. */
const REPLY_OFFSET = 3;
