import type { Generation } from '../../protocol/advertisement.ts';
import type { Link } from '../ble/central.ts';
import { ClientError } from '../errors.ts';
import type { AuthOptions } from './auth-channel.ts';
import { EncryptedCodec, type FrameCodec, PlainCodec } from './frame-codec.ts';
import { type AdvertisedModel, generationOf, loginNotOffered } from './protocol-generation.ts';
import { login } from './login.ts';
import type { TokenSource } from './token-source.ts';
import { openXorCodec, type XorOptions } from './xor-codec.ts';

export interface AuthenticateOptions extends AuthOptions, Pick<XorOptions, 'requestTimeoutMs' | 'log'> {
  readonly advertised: AdvertisedModel;
  /** Read only if a login is needed. */
  readonly token: TokenSource;
  /** Whether the scooter has to log in, whatever it advertises and offers. */
  readonly requiresLogin: boolean;
  readonly randomBytes: (count: number) => Buffer;
  /** Called when the scooter has accepted a login. */
  readonly onLogin: () => void;
}

/** Authentication procedure of each generation. */
const AUTHENTICATORS: Readonly<
  Record<Generation, (link: Link, options: AuthenticateOptions) => Promise<FrameCodec>>
> = {
  plain: () => Promise.resolve(new PlainCodec()),
  xor: (link, options) => openXorCodec(link, { ...options, totalTimeoutMs: options.stepTimeoutMs }),
  miauth: async (link, options) => {
    const token = options.token.read();
    const keys = await login(link, { ...options, token }).catch((error: unknown) => {
      const isRefused = error instanceof ClientError && error.code === 'token_refused';
      if (!isRefused || !options.token.refused(token)) throw error;
      throw new ClientError('peer', 'The scooter refused one of two tokens: trying the other one', {
        cause: error,
      });
    });
    options.onLogin();
    options.token.accepted(token);
    return new EncryptedCodec(keys, options.randomBytes);
  },
};

/**
 * Authenticates as the scooter's generation requires before its registers can be read.
 * @returns the codec for register frames on this link.
 * @throws ClientError `unsupported_scooter`, and what `login` throws.
 */
export async function authenticate(link: Link, options: AuthenticateOptions): Promise<FrameCodec> {
  const generation = generationOf(link, options.advertised);
  if (options.requiresLogin && generation !== 'miauth') throw loginNotOffered();
  return await AUTHENTICATORS[generation](link, options);
}
