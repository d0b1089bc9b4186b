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

/** App and scooter, each end run by the machines of this room, and all that they send each other. */
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
    const underway = [sender.start()];
    let arrived: Buffer | undefined;
    for (let bytes = underway.shift(); bytes; bytes = underway.shift()) {
      const progress = receiver.onFrame(decodeAvdtp(this.#record(from, 'avdtp', bytes)));
      arrived ??= progress.payload;
      for (const reply of progress.replies) {
        underway.push(...sender.onFrame(decodeAvdtp(this.#record(to, 'avdtp', reply))));
      }
    }
    if (!arrived || !sender.done) throw new Error(`the ${type} parcel got stuck`);
    return arrived;
  }

  #record(from: Party, characteristic: string, bytes: Buffer): Buffer {
    this.log.push({ from, characteristic, bytes: bytes.toString('hex') });
    return bytes;
  }
}

describe('what app and scooter say to each other', () => {
  it('at a registration is byte for byte the known transcript, and leaves both with one token', () => {
    const [vector] = registrations;
    if (!vector) throw new Error('no vector');
    const appKeys = createKeyPair(hex(vector.app_private));
    const scooterKeys = createKeyPair(hex(vector.dev_private));
    const talk = new Conversation();

    talk.opcode('app', 'deviceInfo');
    const info = parseDeviceInfo(talk.parcel('scooter', 'passThrough', hex(vector.remote_info)));
    talk.opcode('app', 'registerStart');
    const appPublicKey = talk.parcel('app', 'publicKey', appKeys.publicKey);
    const scooterPublicKey = talk.parcel('scooter', 'publicKey', scooterKeys.publicKey);
    const app = deriveRegistration(appKeys.privateKey, scooterPublicKey);
    const scooter = deriveRegistration(scooterKeys.privateKey, appPublicKey);
    const sealed = talk.parcel('app', 'passThrough', sealDid(app.didKey, info.did ?? Buffer.alloc(0)));
    talk.opcode('app', 'registerConfirm');
    talk.opcode('scooter', 'registered');

    expect(talk.log).toEqual(transcripts.registration);
    expect(openDid(scooter.didKey, sealed)).toEqual(info.did);
    expect(app.token).toEqual(scooter.token);
    expect(app.token).toEqual(hex(vector.token));
  });

  it('at a login is byte for byte the known transcript', () => {
    const [vector] = logins;
    if (!vector) throw new Error('no vector');
    const talk = new Conversation();

    talk.opcode('app', 'loginStart');
    const appRandom = talk.parcel('app', 'appRandom', hex(vector.app_rand));
    const deviceRandom = talk.parcel('scooter', 'deviceRandom', hex(vector.dev_rand));
    const keys = deriveLogin(hex(vector.token), appRandom, deviceRandom);
    talk.parcel('scooter', 'deviceConfirmation', keys.deviceConfirmation);
    talk.parcel('app', 'appConfirmation', keys.appConfirmation);
    talk.opcode('scooter', 'loggedIn');

    expect(talk.log).toEqual(transcripts.login);
  });
});
