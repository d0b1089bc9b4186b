import type { Generation } from '../../protocol/advertisement.ts';
import type { Link } from '../ble/central.ts';
import type { AuthOptions } from './auth-channel.ts';
import { EncryptedCodec, type FrameCodec, PlainCodec } from './frame-codec.ts';
import { type AdvertisedModel, generationOf, xorNotSupported } from './protocol-generation.ts';
import { login } from './login.ts';

export interface AuthenticateOptions extends AuthOptions {
  readonly advertised: AdvertisedModel;
  /** Reads the 12-byte token; called only if a login is needed. @throws ClientError `token_missing` or `config`. */
  readonly token: () => Buffer;
  readonly randomBytes: (count: number) => Buffer;
  /** Called when the scooter has accepted a login. */
  readonly onLogin: () => void;
}

/** Authentication procedure of each generation. */
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
 * Authenticates as the scooter's generation requires before its registers can be read.
 * @returns the codec for register frames on this link.
 * @throws ClientError `unsupported_scooter`, and what `login` throws.
 */
export function authenticate(link: Link, options: AuthenticateOptions): Promise<FrameCodec> {
  return AUTHENTICATORS[generationOf(link, options.advertised)](link, options);
}
