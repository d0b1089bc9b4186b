import { ACL_BUFFERS } from './capabilities.ts';
import type { Link } from './link.ts';

/**
 * The chip's buffers for data on their way to the air, which its links share. A host gets each back by Number Of
 * Completed Packets, or all those of a link by its Disconnection Complete (Bluetooth Core Vol 4 Part E, 4.1.1).
 */
export class AclBuffers {
  readonly #taken = new Map<Link, number>();

  /** Takes a buffer for a packet of so many bytes; false where none is free, or it does not fit. */
  take(link: Link, bytes: number): boolean {
    const taken = [...this.#taken.values()].reduce((sum, count) => sum + count, 0);
    if (bytes > ACL_BUFFERS.bytes || taken >= ACL_BUFFERS.count) return false;
    this.#taken.set(link, (this.#taken.get(link) ?? 0) + 1);
    return true;
  }

  free(link: Link, count: number): void {
    this.#taken.set(link, (this.#taken.get(link) ?? 0) - count);
  }

  freeAllOf(link: Link): void {
    this.#taken.delete(link);
  }
}
