import { describe, expect, it } from 'vitest';
import logins from '../fixtures/protocol/login.json' with { type: 'json' };
import registrations from '../fixtures/protocol/registration.json' with { type: 'json' };
import transcripts from '../fixtures/protocol/transcripts.json' with { type: 'json' };
import { type ParcelType, decodeAvdtp } from './avdtp.ts';
import { parseDeviceInfo } from './device-info.ts';
import { createKeyPair, deriveLogin, deriveRegistration, openDid, sealDid } from './keys.ts';
import { ParcelReceiver, ParcelSender } from './parcel.ts';
import { type UpnpOpcode, encodeUpnp } from './upnp.ts';

type Party = 'app' | 'scooter';

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');

/** Log of what app and scooter send each other, with this layer's parcel sender and receiver at both ends. */
class Conversation {
  readonly log: { from: string; characteristic: string; bytes: string }[] = [];

  opcode(from: Party, opcode: UpnpOpcode): void {
    this.#record(from, 'upnp', encodeUpnp(opcode));
  }

  /** Sends a parcel and returns what arrived. */
  parcel(from: Party, type: ParcelType, payload: Buffer): Buffer {
    const to = from === 'app' ? 'scooter' : 'app';
    const sender = new ParcelSender(type, payload);
    const receiver = new ParcelReceiver(type);
    const inFlight = [sender.start()];
    let arrived: Buffer | undefined;
    for (let bytes = inFlight.shift(); bytes; bytes = inFlight.shift()) {
      const progress = receiver.onFrame(decodeAvdtp(this.#record(from, 'avdtp', bytes)));
      arrived ??= progress.payload;
      for (const reply of progress.replies) {
        inFlight.push(...sender.onFrame(decodeAvdtp(this.#record(to, 'avdtp', reply))));
      }
    }
    if (!arrived || !sender.done) throw new Error(`the ${type} parcel did not complete`);
    return arrived;
  }

  #record(from: Party, characteristic: string, bytes: Buffer): Buffer {
    this.log.push({ from, characteristic, bytes: bytes.toString('hex') });
    return bytes;
  }
}

describe('the messages of app and scooter', () => {
  it('match the known transcript of a registration, and both sides derive the same token', () => {
    const [vector] = registrations;
    if (!vector) throw new Error('no vector');
    const appKeys = createKeyPair(hex(vector.app_private));
    const scooterKeys = createKeyPair(hex(vector.dev_private));
    const conversation = new Conversation();

    conversation.opcode('app', 'deviceInfo');
    const info = parseDeviceInfo(conversation.parcel('scooter', 'passThrough', hex(vector.remote_info)));
    conversation.opcode('app', 'registerStart');
    const appPublicKey = conversation.parcel('app', 'publicKey', appKeys.publicKey);
    const scooterPublicKey = conversation.parcel('scooter', 'publicKey', scooterKeys.publicKey);
    const app = deriveRegistration(appKeys.privateKey, scooterPublicKey);
    const scooter = deriveRegistration(scooterKeys.privateKey, appPublicKey);
    const sealed = conversation.parcel(
      'app',
      'passThrough',
      sealDid(app.didKey, info.did ?? Buffer.alloc(0)),
    );
    conversation.opcode('app', 'registerConfirm');
    conversation.opcode('scooter', 'registered');

    expect(conversation.log).toEqual(transcripts.registration);
    expect(openDid(scooter.didKey, sealed)).toEqual(info.did);
    expect(app.token).toEqual(scooter.token);
    expect(app.token).toEqual(hex(vector.token));
  });

  it('match the known transcript of a login', () => {
    const [vector] = logins;
    if (!vector) throw new Error('no vector');
    const conversation = new Conversation();

    conversation.opcode('app', 'loginStart');
    const appRandom = conversation.parcel('app', 'appRandom', hex(vector.app_rand));
    const deviceRandom = conversation.parcel('scooter', 'deviceRandom', hex(vector.dev_rand));
    const keys = deriveLogin(hex(vector.token), appRandom, deviceRandom);
    conversation.parcel('scooter', 'deviceConfirmation', keys.deviceConfirmation);
    conversation.parcel('app', 'appConfirmation', keys.appConfirmation);
    conversation.opcode('scooter', 'loggedIn');

    expect(conversation.log).toEqual(transcripts.login);
  });
});
