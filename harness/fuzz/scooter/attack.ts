import { sealFrame } from '../../../protocol/encrypted-frame.ts';
import { writeChecksum } from '../../../protocol/frame.ts';
import {
  createKeyPair,
  deriveLogin,
  deriveRegistration,
  type LoginKeys,
  sealDid,
} from '../../../protocol/keys.ts';
import type { RegisterMessage } from '../../../protocol/message.ts';
import { encodePlainFrame } from '../../../protocol/plain-frame.ts';
import { encodeXorFrame } from '../../../protocol/xor-frame.ts';
import type { Generation } from '../../../protocol/advertisement.ts';
import type { Channel } from '../../../simulator/firmware/channel.ts';
import { App } from '../../../simulator/testing/app.ts';
import { outcomeOf } from '../expect.ts';
import type { Tally } from '../target.ts';
import type { Action, WriteFault } from './action.ts';
import type { ScooterMonitor } from './monitor.ts';

/** A scooter as whoever is near it can reach it, and the rider. */
export interface ScooterPort {
  readonly generation: Generation;
  readonly keystream: Buffer;
  readonly nowMs: number;
  readonly isConnected: boolean;
  /** The token that the scooter accepts. */
  readonly token: Buffer | undefined;
  readonly monitor: ScooterMonitor;
  write(channel: Channel, bytes: Buffer): void;
  /** Removes and returns the oldest notification of a channel. */
  takeNotification(channel: Channel): Buffer | undefined;
  advance(ms: number): Promise<void>;
  /** Connects, if the scooter advertises or will soon. */
  connect(): Promise<void>;
  disconnect(): void;
  press(): void;
  restart(resets: boolean): Promise<void>;
}

const PADDING = Buffer.alloc(4);
const EMPTY_TOKEN = Buffer.alloc(12);
const OTHER_TOKEN = Buffer.alloc(12, 0xa5);
const EMPTY_PROOF = Buffer.alloc(32);
/** Of the register in an encrypted frame. */
const REGISTER_OFFSET = 7;
/** A proof is announced, and sent in two chunks. */
const PROOF_WRITES = 3;
/** And so is the encrypted id. */
const ID_WRITES = 3;
const OTHER_KEY = Buffer.alloc(16, 0x5a);
/** Of what was written, only so much is kept to write it again. */
const MAX_HISTORY = 400;

/** A login that was right: what it sent, and its keys. */
interface Login {
  readonly random: Buffer;
  readonly keys: LoginKeys;
}

/** Plays actions against a scooter; the monitor checks each of them. */
export class Attack {
  readonly #port: ScooterPort;
  readonly #tally: Tally;
  readonly #history: { readonly channel: Channel; readonly bytes: Buffer }[] = [];
  readonly #logins: Login[] = [];
  /** Keys and next counter of the session on this connection. */
  #session: { readonly keys: LoginKeys; counter: number } | undefined;
  #fault: WriteFault = { kind: 'none', at: 0, bit: 0 };
  #writes = 0;
  #delayed: { readonly channel: Channel; readonly bytes: Buffer } | undefined;
  /** Whether the fault of the current step has made a right proof impossible, as that of an opcode does not. */
  #isSpoilt = false;
  readonly #app: App;

  constructor(port: ScooterPort, tally: Tally) {
    this.#port = port;
    this.#tally = tally;
    this.#app = new App({
      write: (channel, bytes) => this.#writeWithFault(channel, bytes),
      takeNotification: (channel) => port.takeNotification(channel),
    });
  }

  async play(action: Action): Promise<void> {
    // One fault at a time: two may cancel each other.
    this.#beginStep('write' in action && action.fault === 'none' ? action.write : undefined);
    await this.#act(action);
    this.#flush();
    this.#port.monitor.check(this.#port.token);
  }

  async #act(action: Action): Promise<void> {
    const port = this.#port;
    switch (action.do) {
      case 'write':
        this.#write(action.channel, action.bytes);
        break;
      case 'replay':
        for (let at = action.from; at < action.from + action.count; at += 1) {
          const earlier = this.#history[at % Math.max(1, this.#history.length)];
          if (earlier) this.#write(earlier.channel, earlier.bytes);
          port.monitor.check(port.token);
        }
        break;
      case 'wait':
        await port.advance(action.ms);
        break;
      case 'press':
        port.monitor.pressed(port.nowMs);
        port.press();
        break;
      case 'disconnect':
        this.disconnect();
        break;
      case 'reconnect':
        this.disconnect();
        await port.connect();
        break;
      case 'restart':
        this.#session = undefined;
        port.monitor.restarted(action.resets);
        await port.restart(action.resets);
        break;
      case 'greet':
        this.#app.sendOpcode('linkParameters');
        for (let probe = this.#app.next('avdtp'); probe; probe = this.#app.next('avdtp')) {
          // An app accepts a parameter by repeating it, as the next kind of frame.
          const acceptance = Buffer.from(probe);
          acceptance[2] = 5;
          this.#writeWithFault('avdtp', acceptance);
        }
        break;
      case 'logIn':
        this.#logIn(action);
        break;
      case 'register':
        this.#register(action);
        break;
      case 'request':
        this.#request(action);
        break;
    }
  }

  /** A login that is right, on a new connection; returns whether it was accepted. */
  logInProperly(random: Buffer): boolean {
    this.#beginStep(undefined);
    this.#logIn({ do: 'logIn', fault: 'none', random, write: this.#fault });
    return this.#session !== undefined;
  }

  /** A registration that is right, after a press of the button. */
  registerProperly(privateKey: Buffer, did: Buffer): void {
    this.#beginStep(undefined);
    this.#register({
      do: 'register',
      fault: 'none',
      privateKey,
      did,
      point: Buffer.alloc(0),
      write: this.#fault,
    });
  }

  /** A request in whole frames of this session. */
  requestProperly(request: RegisterMessage): void {
    this.#beginStep(undefined);
    this.#request({ do: 'request', fault: 'none', request, step: 0, sizes: [20], write: this.#fault });
  }

  disconnect(): void {
    this.#session = undefined;
    if (!this.#port.isConnected) return;
    this.#port.disconnect();
    this.#port.monitor.disconnected();
  }

  #logIn({ fault, random }: Extract<Action, { do: 'logIn' }>): void {
    const { token } = this.#port;
    const earlier = fault === 'oldLogin' ? this.#logins.at(-1) : undefined;
    const appRandom = earlier?.random ?? random;
    const app = this.#app;
    this.#forgetNotifications();
    app.sendOpcode('loginStart');
    if (!app.send('appRandom', appRandom)) return;
    const deviceRandom = app.receive('deviceRandom');
    if (!deviceRandom || !app.receive('deviceConfirmation') || fault === 'stop') return;
    const used =
      fault === 'emptyToken' ? EMPTY_TOKEN : fault === 'otherToken' || !token ? OTHER_TOKEN : token;
    const keys = deriveLogin(used, appRandom, deviceRandom);
    const proof = {
      wrongProof: Buffer.concat([
        keys.appConfirmation.subarray(0, 31),
        Buffer.of((keys.appConfirmation[31] ?? 0) ^ 1),
      ]),
      emptyProof: EMPTY_PROOF,
      oldLogin: earlier?.keys.appConfirmation ?? EMPTY_PROOF,
      otherToken: keys.appConfirmation,
      emptyToken: keys.appConfirmation,
      none: keys.appConfirmation,
    }[fault];
    const isRight = proof === keys.appConfirmation && token?.equals(used) === true;
    if (isRight && !this.#isSpoilt && !this.#willSpoil(PROOF_WRITES)) this.#port.monitor.proved(keys);
    app.send('appConfirmation', proof);
    const result = app.receiveOpcode();
    this.#tally(result === 'loggedIn' ? 'logins' : 'refused logins');
    if (result !== 'loggedIn') return;
    this.#logins.push({ random: appRandom, keys });
    this.#session = { keys, counter: 0 };
  }

  #register({ fault, privateKey, did, point }: Extract<Action, { do: 'register' }>): void {
    const app = this.#app;
    const pair = outcomeOf(() => createKeyPair(privateKey));
    if (typeof pair === 'string') return;
    this.#forgetNotifications();
    app.sendOpcode('registerStart');
    if (!app.send('publicKey', fault === 'invalidPoint' ? point : pair.publicKey) || fault === 'stop') return;
    const devicePublicKey = app.receive('publicKey');
    if (!devicePublicKey) return;
    const { token, didKey } = deriveRegistration(privateKey, devicePublicKey);
    const sealed = sealDid(didKey, did);
    if (fault === 'wrongId') sealed[0] = (sealed[0] ?? 0) ^ 1;
    // From then on any opcode on this connection may confirm it.
    if (fault !== 'wrongId' && !this.#isSpoilt && !this.#willSpoil(ID_WRITES))
      this.#port.monitor.derived(token);
    app.send('passThrough', sealed);
    if (fault === 'unconfirmed') return;
    app.sendOpcode('registerConfirm');
    const result = app.receiveOpcode();
    if (result === 'registered') this.#session = undefined;
    this.#tally(result === 'registered' ? 'registrations' : 'refused registrations');
  }

  #request({ fault, request, step, sizes }: Extract<Action, { do: 'request' }>): void {
    const frame = outcomeOf(() => this.#frame(fault, request, step));
    if (typeof frame === 'string') return;
    this.#tally('requests');
    for (let at = 0, part = 0; at < frame.length; part += 1) {
      const size = sizes[part % sizes.length] ?? 20;
      this.#writeWithFault('uart', frame.subarray(at, at + size));
      at += size;
    }
  }

  /** A request in the format of the scooter, or, with a fault, in another one. */
  #frame(fault: Extract<Action, { do: 'request' }>['fault'], request: RegisterMessage, step: number): Buffer {
    const { generation, keystream } = this.#port;
    if (fault === 'plain' || (generation === 'plain' && fault === 'none')) return encodePlainFrame(request);
    if (fault === 'xor' || (generation === 'xor' && fault === 'none'))
      return encodeXorFrame(keystream, request);
    const old = this.#logins.at(-2)?.keys ?? this.#logins.at(-1)?.keys;
    if (fault === 'oldSession' && old) return sealFrame(old.app, step, request, PADDING);
    const session = this.#session;
    if (!session || fault === 'otherKey') {
      const keys = deriveLogin(OTHER_TOKEN, OTHER_KEY, OTHER_KEY);
      return sealFrame(keys.app, step, request, PADDING);
    }
    const { counter } = session;
    if (fault === 'counterBack')
      return sealFrame(session.keys.app, Math.max(0, counter - 2 - step), request, PADDING);
    if (fault === 'sameCounter')
      return sealFrame(session.keys.app, Math.max(0, counter - 1), request, PADDING);
    const frame = sealFrame(session.keys.app, counter + step, request, PADDING);
    if (fault === 'tampered') {
      // Changes the register of the request, which nobody notices who does not check the tag.
      frame[REGISTER_OFFSET] = (frame[REGISTER_OFFSET] ?? 0) ^ 1;
      return writeChecksum(frame);
    }
    session.counter = counter + step + 1;
    return frame;
  }

  /** Discards what the scooter has sent in response to anything earlier. */
  #forgetNotifications(): void {
    for (const channel of ['upnp', 'avdtp'] as const) while (this.#port.takeNotification(channel));
  }

  /** Whether one of the next writes will be spoilt. */
  #willSpoil(writes: number): boolean {
    const { kind, at } = this.#fault;
    const isSpoiling = kind === 'flip' || kind === 'truncate';
    return isSpoiling && at >= this.#writes && at < this.#writes + writes;
  }

  #beginStep(fault: WriteFault | undefined): void {
    this.#fault = fault ?? { kind: 'none', at: 0, bit: 0 };
    this.#writes = 0;
    this.#isSpoilt = false;
  }

  #writeWithFault(channel: Channel, bytes: Buffer): void {
    const { kind, at, bit } = this.#fault;
    const isHit = this.#writes === at && kind !== 'none';
    this.#writes += 1;
    if (!isHit) {
      this.#write(channel, bytes);
      this.#flush();
      return;
    }
    switch (kind) {
      case 'drop':
        break;
      case 'repeat':
        this.#write(channel, bytes);
        this.#write(channel, bytes);
        break;
      case 'delay':
        this.#delayed = { channel, bytes };
        break;
      case 'truncate':
        this.#isSpoilt ||= channel !== 'upnp';
        this.#write(channel, bytes.subarray(0, bit % Math.max(1, bytes.length)));
        break;
      case 'flip': {
        this.#isSpoilt ||= channel !== 'upnp';
        const flipped = Buffer.from(bytes);
        const position = bit % Math.max(1, 8 * bytes.length);
        flipped[position >> 3] = (flipped[position >> 3] ?? 0) ^ (1 << (position & 7));
        this.#write(channel, flipped);
        break;
      }
    }
  }

  /** Writes what was delayed. */
  #flush(): void {
    const delayed = this.#delayed;
    this.#delayed = undefined;
    if (delayed) this.#write(delayed.channel, delayed.bytes);
  }

  #write(channel: Channel, bytes: Buffer): void {
    if (!this.#port.isConnected) return;
    if (this.#history.length < MAX_HISTORY) this.#history.push({ channel, bytes: Buffer.from(bytes) });
    this.#tally('writes');
    this.#port.monitor.onWrite(channel, bytes, this.#port.nowMs);
    this.#port.write(channel, bytes);
  }
}
