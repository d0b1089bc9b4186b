import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AvdtpFrame, CHUNK_PAYLOAD_BYTES, decodeAvdtp, encodeAvdtp } from '../../protocol/avdtp.ts';
import { chunk, XIAOMI } from '../../protocol/gatt.ts';
import { PROCEDURE_TIMEOUT_MS } from '../../protocol/parcel.ts';
import { encodeUpnp, UPNP, type UpnpOpcode } from '../../protocol/upnp.ts';
import type { Link } from '../ble/central.ts';
import { login } from './login.ts';

const STEP_TIMEOUT_MS = 6_500;

/** A link to a scooter that answers every login start with `opcode`. */
function linkThatAnswers(opcode: UpnpOpcode): Link & { starts: number } {
  const subscribers = new Map<string, (bytes: Buffer) => void>();
  const link = {
    starts: 0,
    ended: new AbortController().signal,
    has: () => true,
    subscribe: (uuid: string, onData: (bytes: Buffer) => void) => {
      subscribers.set(uuid, onData);
      return Promise.resolve(() => subscribers.delete(uuid));
    },
    read: () => Promise.resolve(Buffer.alloc(0)),
    write: (uuid: string, bytes: Buffer) => {
      if (uuid !== XIAOMI.upnp || !bytes.equals(encodeUpnp('loginStart'))) return;
      link.starts += 1;
      subscribers.get(XIAOMI.upnp)?.(encodeUpnp(opcode));
    },
    close: () => Promise.resolve(),
  };
  return link;
}

async function loginError(link: Link): Promise<unknown> {
  const outcome = login(link, {
    token: Buffer.alloc(12),
    randomBytes: (count) => Buffer.alloc(count),
    stepTimeoutMs: STEP_TIMEOUT_MS,
    signal: new AbortController().signal,
  }).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(PROCEDURE_TIMEOUT_MS);
  return outcome;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Number of login starts, and the error code, for each result that the client expects. */
const OUTCOMES: Partial<Record<UpnpOpcode, { starts: number; code: string }>> = {
  wrongToken: { starts: 1, code: 'token_refused' },
  notRegistered: { starts: 1, code: 'token_refused' },
  invalidOutOfBand: { starts: 1, code: 'token_refused' },
  loginFailed: { starts: 3, code: 'token_refused' },
  repeatedLogin: { starts: 1, code: 'peer' },
  // Not proved yet.
  loggedIn: { starts: 1, code: 'peer' },
};
/** The same as for a scooter that does not answer. */
const IGNORED = { starts: 1, code: 'timeout' };

describe('a login whose start is answered with a result', () => {
  it.each(Object.keys(UPNP) as UpnpOpcode[])('%s has the right outcome', async (opcode) => {
    const { starts, code } = OUTCOMES[opcode] ?? IGNORED;
    const link = linkThatAnswers(opcode);
    expect(await loginError(link)).toMatchObject({ code });
    expect(link.starts).toBe(starts);
    expect(vi.getTimerCount()).toBe(0);
  });
});

/** A link to a scooter whose notifications may be cut short. It sends random numbers in place of its proof. */
function linkThatProves(confirmationBytes: number): Link & { starts: number } {
  const link = linkThatAnswers('registered');
  const subscribers = new Map<string, (bytes: Buffer) => void>();
  const send = (...frames: readonly AvdtpFrame[]): void => {
    for (const frame of frames) subscribers.get(XIAOMI.avdtp)?.(encodeAvdtp(frame));
  };
  const parcel = (type: 'deviceRandom' | 'deviceConfirmation', bytes: number): AvdtpFrame[] => {
    const chunks = chunk(Buffer.alloc(bytes, 7), CHUNK_PAYLOAD_BYTES);
    return [
      { kind: 'announce', type, chunkCount: chunks.length },
      ...chunks.map((payload, index): AvdtpFrame => ({ kind: 'chunk', index: index + 1, payload })),
    ];
  };
  const onFrame: Partial<Record<AvdtpFrame['kind'], () => void>> = {
    announce: () => send({ kind: 'ready' }),
    chunk: () => {
      send({ kind: 'complete' });
      send(...parcel('deviceRandom', 16), ...parcel('deviceConfirmation', confirmationBytes));
    },
  };
  return Object.assign(link, {
    subscribe: (uuid: string, onData: (bytes: Buffer) => void) => {
      subscribers.set(uuid, onData);
      return Promise.resolve(() => subscribers.delete(uuid));
    },
    write: (uuid: string, bytes: Buffer) => {
      if (uuid === XIAOMI.upnp) link.starts += 1;
      else onFrame[decodeAvdtp(bytes)?.kind ?? 'busy']?.();
    },
  });
}

describe('a proof of the scooter', () => {
  it('of another token refuses ours', async () => {
    expect(await loginError(linkThatProves(32))).toMatchObject({ code: 'token_refused' });
  });

  it('whose last chunk was cut short refuses nothing: the login is repeated', async () => {
    const link = linkThatProves(30);
    expect(await loginError(link)).toMatchObject({ code: 'parcel' });
    expect(link.starts).toBe(3);
  });
});
