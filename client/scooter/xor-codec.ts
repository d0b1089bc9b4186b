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
import { XorCodec } from './frame-codec.ts';
import { readBlock } from './read-block.ts';
import { Session, type SessionOptions } from './session.ts';

export interface XorOptions extends SessionOptions {
  /** Called if the keystream cannot be completed, so that blocks have to be read in small parts. */
  readonly onShortKeystream: (reason: string) => void;
}

/**
 * Reads the key of a scooter that XORs its frames, and completes the keystream as far as the longest block requires. If
 * the probe is not answered, the codec has the key alone.
 * @throws ClientError `unsupported_scooter` if the scooter has no valid key, and what ends the link.
 */
export async function openXorCodec(link: Link, options: XorOptions): Promise<XorCodec> {
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
    options.onShortKeystream(error.message);
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
