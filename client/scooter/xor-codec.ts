import { ProtocolError } from '../../protocol/errors.ts';
import { XIAOMI } from '../../protocol/gatt.ts';
import { blockReadRequest } from '../../protocol/registers/codec.ts';
import {
  assumedKeystream,
  correctKeystream,
  KEYSTREAM_PROBE,
  XOR_KEY_BYTES,
} from '../../protocol/xor-keystream.ts';
import type { Link } from '../ble/central.ts';
import { ClientError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { type FrameCodec, PlainCodec, XorCodec } from './frame-codec.ts';
import type { AdvertisedModel } from './protocol-generation.ts';
import { readBlock } from './read-block.ts';
import { Session, type SessionOptions } from './session.ts';

export interface XorOptions extends SessionOptions {
  readonly advertised: AdvertisedModel;
  readonly log: Logger;
}

/**
 * Reads the key of a scooter that XORs its frames, and completes the keystream as far as the longest block requires. If
 * that fails, the codec has the key alone, or is that of plain frames if the scooter advertises these: whether firmware
 * without XOR has a characteristic 0014 is not known.
 * @throws ClientError `unsupported_scooter` if the scooter has no valid key, and what ends the link.
 */
export async function openXorCodec(link: Link, options: XorOptions): Promise<FrameCodec> {
  const { advertised, log } = options;
  if (!link.has(XIAOMI.xorKey)) {
    throw new ClientError(
      'unsupported_scooter',
      'This scooter cannot be read: it advertises XORed frames, but has no characteristic 0014 with their key',
    );
  }
  const key = await link.read(XIAOMI.xorKey);
  if (key.length !== XOR_KEY_BYTES) {
    throw new ClientError(
      'unsupported_scooter',
      `The characteristic 0014 of the scooter has ${key.length} bytes instead of a key of ${XOR_KEY_BYTES}`,
    );
  }
  try {
    return new XorCodec(await completeKeystream(link, key, options));
  } catch (error) {
    if (!isProbeFailure(error)) throw error;
    const reason = error.message;
    if (advertised.generation === 'plain' && error instanceof ClientError) {
      log.warn({ reason }, 'no reply to XORed frames, trying the plain ones that the scooter advertises');
      return new PlainCodec();
    }
    log.warn({ reason }, 'the keystream is incomplete, reading the registers in small parts');
    return new XorCodec(key);
  }
}

/** Determines more of the keystream from a block whose contents are read with the key alone first. */
async function completeKeystream(link: Link, key: Buffer, options: SessionOptions): Promise<Buffer> {
  const assumed = assumedKeystream(key);
  const session = await Session.open(link, new XorCodec(assumed, key.length), options);
  try {
    const contents = await readBlock(session, KEYSTREAM_PROBE);
    const decoded = await session.request(blockReadRequest(KEYSTREAM_PROBE));
    return correctKeystream(assumed, decoded, contents);
  } finally {
    session.close();
  }
}

function isProbeFailure(error: unknown): error is Error {
  return error instanceof ProtocolError || (error instanceof ClientError && error.code === 'timeout');
}
