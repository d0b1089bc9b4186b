import { describe, expect, it } from 'vitest';
import frames from '../../fixtures/protocol/encrypted-frames.json' with { type: 'json' };
import loginVectors from '../../fixtures/protocol/login.json' with { type: 'json' };
import registrationVectors from '../../fixtures/protocol/registration.json' with { type: 'json' };
import { FrameCipher } from '../../protocol/frame-cipher.ts';
import { COMMANDS, parseMessage } from '../../protocol/message.ts';
import { Bench, scriptedRandom } from '../testing/bench.ts';
import { hex, type Line, pressedBench, replay } from '../testing/vectors.ts';
import { RegisterBank } from './register-bank.ts';
import { EncryptedFrames } from './register-frames.ts';
import { RegisterService } from './register-service.ts';

const avdtp =
  (from: string) =>
  (bytes: string): Line => ({ from, characteristic: 'avdtp', bytes });
const app = avdtp('app');
const scooter = avdtp('scooter');
const upnp = (from: string, bytes: string): Line => ({ from, characteristic: 'upnp', bytes });

interface Parcel {
  readonly header: string;
  readonly frames: readonly string[];
}

const READY = '00000101';
const COMPLETE = '00000100';

/** Lines of a parcel that the app sends. */
const toScooter = ({ header, frames: chunks }: Parcel): Line[] => [
  app(header),
  scooter(READY),
  ...chunks.map(app),
  scooter(COMPLETE),
];

/** Lines of a parcel that the scooter sends. */
const fromScooter = ({ header, frames: chunks }: Parcel): Line[] => [
  scooter(header),
  app(READY),
  ...chunks.map(scooter),
  app(COMPLETE),
];

describe('a registration with the keys of a vector', () => {
  it.each(registrationVectors)('sends and accepts the same parcels: $name', (vector) => {
    const { parcels } = vector;
    const did = hex(vector.did_plaintext);
    const bench = pressedBench(new Bench({ did, random: scriptedRandom(hex(vector.dev_private)) }));
    const lines = [
      upnp('app', 'a2000000'),
      ...fromScooter(parcels.remote_info),
      upnp('app', '15000000'),
      ...toScooter(parcels.app_public),
      ...fromScooter(parcels.dev_public),
      ...toScooter(parcels.did_ciphertext),
      upnp('app', '13000000'),
      upnp('scooter', '11000000'),
    ];
    expect(replay(bench, lines)).toEqual(lines);
    expect(bench.firmware.token?.toString('hex')).toBe(vector.token);
  });
});

describe('a login with the random numbers of a vector', () => {
  it.each(loginVectors)('sends and accepts the same parcels: $name', (vector) => {
    const { parcels } = vector;
    const bench = new Bench({ token: hex(vector.token), random: scriptedRandom(hex(vector.dev_rand)) });
    const lines = [
      upnp('app', '24000000'),
      ...toScooter(parcels.app_rand),
      ...fromScooter(parcels.dev_rand),
      ...fromScooter(parcels.dev_info),
      ...toScooter(parcels.app_info),
      upnp('scooter', '21000000'),
    ];
    expect(replay(bench, lines)).toEqual(lines);
  });

  it('is refused with 23 for the proof of the other vector', () => {
    const [first, other] = loginVectors;
    const bench = new Bench({
      token: hex(other?.token ?? ''),
      random: scriptedRandom(hex(other?.dev_rand ?? '')),
    });
    const lines = [
      upnp('app', '24000000'),
      ...toScooter(other?.parcels.app_rand ?? { header: '', frames: [] }),
      ...fromScooter(other?.parcels.dev_rand ?? { header: '', frames: [] }),
      ...fromScooter(other?.parcels.dev_info ?? { header: '', frames: [] }),
      ...toScooter(first?.parcels.app_info ?? { header: '', frames: [] }),
      upnp('scooter', '23000000'),
    ];
    expect(replay(bench, lines)).toEqual(lines);
  });
});

describe('a session with the keys of a vector', () => {
  /** A service whose two directions use the same key, and what it sends and does. */
  function serve({ key, iv }: { key: string; iv: string }, padding: Buffer, registers: RegisterBank) {
    const cipher = new FrameCipher(hex(key), hex(iv));
    const keys = { app: cipher, device: cipher, appConfirmation: padding, deviceConfirmation: padding };
    const log: string[] = [];
    const service = new RegisterService(new EncryptedFrames(keys, () => padding), registers, {
      notify: (bytes) => log.push(bytes.toString('hex')),
      onReply: ({ register, data }) => log.push(`reply ${register.toString(16)}, ${data.length} bytes`),
      onWritten: ({ register, data }) => log.push(`write ${register.toString(16)}, ${data.length} bytes`),
      onCommand: () => undefined,
      delayMs: () => 0,
      withholdsReply: () => false,
      misreads: () => undefined,
      notifyOther: () => undefined,
      onWithheld: () => undefined,
    });
    return { service, log };
  }
  const empty = new RegisterBank({ initial: {}, live: () => ({}) });
  const ofApp = frames.valid.filter(({ direction }) => direction === 'app->scooter');

  it.each(ofApp)('opens the frame of the app: $name', (vector) => {
    const { service, log } = serve(vector, Buffer.alloc(4), empty);
    for (const part of vector.gatt_chunks_20) service.onBytes(hex(part), 0);
    const { command, register, data } = parseMessage(hex(vector.plain_D_T_c_data));
    const isRead = command === COMMANDS.read;
    expect(log[0]).toBe(
      `${isRead ? 'reply' : 'write'} ${register.toString(16)}, ${isRead ? data[0] : data.length} bytes`,
    );
  });

  it('replies with the same bytes as the vector, followed by an empty notification', () => {
    const vector = frames.valid.find(({ direction }) => direction === 'scooter->app');
    if (!vector) return expect.unreachable('no vector');
    const registers = new RegisterBank({ initial: { esc: { cruise: 1 } }, live: () => ({}) });
    const { service, log } = serve(vector, hex(vector.rand), registers);
    const request = new EncryptedFrames(
      {
        app: new FrameCipher(hex(vector.key), hex(vector.iv)),
        device: new FrameCipher(hex(vector.key), hex(vector.iv)),
        appConfirmation: Buffer.alloc(0),
        deviceConfirmation: Buffer.alloc(0),
      },
      () => Buffer.alloc(4),
    ).encode(parseMessage(hex('20017c02')));
    for (let count = 0; count < vector.counter; count++) service.onBytes(request ?? Buffer.alloc(0), 0);
    expect(log.slice(-3)).toEqual(['reply 7c, 2 bytes', ...vector.gatt_chunks_20, '']);
  });

  it.each(frames.invalid)('ignores a frame that is $must_fail: $name', (vector) => {
    const { service, log } = serve(vector, Buffer.alloc(4), empty);
    service.onBytes(hex(vector.frame), 0);
    expect(log).toEqual([]);
  });

  it.each(frames.foreign_counters.frames)(
    'opens a frame only if its nonce has the counter of its header: $what, $counter',
    ({ frame, receiver_can_decrypt }) => {
      const { service, log } = serve(frames.foreign_counters, Buffer.alloc(4), empty);
      service.onBytes(hex(frame), 0);
      expect(log.length > 0).toBe(receiver_can_decrypt);
    },
  );
});
