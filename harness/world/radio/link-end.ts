import type { Fragment } from './acl.ts';
import type { Encryption } from './encryption.ts';

/** The connection at one end of a link, as the link and the other end see it. */
export interface LinkEnd {
  readonly encryption: Encryption;
  receive(fragment: Fragment): void;
  /** Reports that this many packets of this end have reached the other one. */
  packetsCompleted(count: number): void;
  /** Reports that the link has new parameters. */
  parametersUpdated(): void;
  /** @param reason an error code of Bluetooth Core Vol 1 Part F. */
  ended(reason: number): void;
}
