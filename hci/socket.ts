import type { EventEmitter } from 'node:events';

/**
 * HCI channel of a kernel adapter: exclusive, on an adapter that is down (`user`), or shared with the kernel's own
 * host, on an adapter that is up (`raw`).
 */
export type HciChannel = 'user' | 'raw';

/**
 * HCI socket as noble and bleno use it: the interface of `@abandonware/bluetooth-hci-socket`.
 * Packets are H4: one packet type byte (1 command, 2 ACL data, 4 event), then the HCI packet.
 * Emits `data` with one whole packet at a time, in order, and `error`. A socket of an adapter also emits `open` once it is
 * bound and the controller receives packets, which a socket of the native package does not.
 */
export interface HciSocket extends EventEmitter {
  /** Binds to the raw channel, shared with the kernel's own host. Returns the adapter's index. */
  bindRaw(deviceId?: number): number;
  /** Binds to the user channel, exclusively; a socket of the kernel can only bind an adapter that is down. Returns its index. */
  bindUser(deviceId?: number): number;
  /** Binds to the kernel's management channel; bleno opens one when it is loaded. */
  bindControl(): number;
  /** Whether the adapter is up. The kernel says so only on a socket that is not bound to the user channel. */
  isDevUp(): boolean;
  setFilter(filter: Buffer): void;
  /** May be called again after the adapter was down. */
  start(): void;
  stop(): void;
  write(packet: Buffer): void;
}

/** Opens a socket for a library that is being loaded; throws if the machine has no Bluetooth. */
export type OpenHciSocket = () => HciSocket;

/** Packet types of the H4 transport, Bluetooth Core Vol 4 Part A. */
export const H4 = { command: 0x01, acl: 0x02, event: 0x04 } as const;
