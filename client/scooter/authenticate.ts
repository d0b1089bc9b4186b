import type { Generation } from '../../protocol/advertisement.ts';
import type { Link } from '../ble/central.ts';
import type { AuthOptions } from './auth-channel.ts';
import { EncryptedCodec, type FrameCodec, PlainCodec } from './frame-codec.ts';
import { type AdvertisedModel, generationOf, xorNotSupported } from './generation.ts';
import { login } from './login.ts';

export interface AuthenticateOptions extends AuthOptions {
  readonly advertised: AdvertisedModel;
  /** The 12-byte token, read where it is needed. @throws ClientError `token_missing` or `config` without a good one. */
  readonly token: () => Buffer;
  readonly randomBytes: (count: number) => Buffer;
  /** The scooter has accepted a login. */
  readonly onLogin: () => void;
}

/** What stands between a connection and the registers. */
const AUTHENTICATORS: Readonly<
  Record<Generation, (link: Link, options: AuthenticateOptions) => Promise<FrameCodec>>
> = {
  plain: () => Promise.resolve(new PlainCodec()),
  xor: (_, { advertised }) => Promise.reject(xorNotSupported(advertised)),
  miauth: async (link, options) => {
    const keys = await login(link, { ...options, token: options.token() });
    options.onLogin();
    return new EncryptedCodec(keys, options.randomBytes);
  },
};

/**
 * Does what a scooter of its generation wants done before its registers can be read.
 * @throws ClientError `unsupported_scooter`, and what a login throws.
 */
export function authenticate(link: Link, options: AuthenticateOptions): Promise<FrameCodec> {
  return AUTHENTICATORS[generationOf(link, options.advertised)](link, options);
}
