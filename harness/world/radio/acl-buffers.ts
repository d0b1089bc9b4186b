import { ACL_BUFFERS } from './capabilities.ts';

/**
 * The controller's buffers for outgoing data, shared by its connections. The host gets each back by Number Of Completed
 * Packets, or all those of a connection by its Disconnection Complete (Bluetooth Core Vol 4 Part E, 4.1.1).
 */
export class AclBuffers {
  readonly #usedByHandle = new Map<number, number>();

  /** Reserves a buffer for a packet of this length; returns false if none is free, or the packet is too long. */
  reserve(handle: number, bytes: number): boolean {
    const used = [...this.#usedByHandle.values()].reduce((sum, count) => sum + count, 0);
    if (bytes > ACL_BUFFERS.bytes || used >= ACL_BUFFERS.count) return false;
    this.#usedByHandle.set(handle, (this.#usedByHandle.get(handle) ?? 0) + 1);
    return true;
  }

  release(handle: number, count: number): void {
    this.#usedByHandle.set(handle, (this.#usedByHandle.get(handle) ?? 0) - count);
  }

  releaseAllOf(handle: number): void {
    this.#usedByHandle.delete(handle);
  }
}
