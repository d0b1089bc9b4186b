import type { EventEmitter } from 'node:events';

/**
 * How a library speaks to an adapter of the kernel: as the only host, on an adapter that is down otherwise (`user`), or
 * beside the kernel's own host, on one that is up (`raw`).
 */
export type HciChannel = 'user' | 'raw';

/**
 * What noble and bleno expect of a Bluetooth HCI socket: the contract of `@abandonware/bluetooth-hci-socket`.
 * Packets are H4: one packet type byte (1 command, 2 ACL data, 4 event), then the HCI packet.
 * Emits `data` with one whole packet at a time, in order, and `error`.
 */
export interface HciSocket extends EventEmitter {
  /** Shares the adapter with the kernel's own host. Returns the adapter's index. */
  bindRaw(deviceId?: number): number;
  /** Takes the adapter for this process alone; it must be down. Returns the adapter's index. */
  bindUser(deviceId?: number): number;
  /** The kernel's management channel; bleno opens one at load. */
  bindControl(): number;
  isDevUp(): boolean;
  setFilter(filter: Buffer): void;
  /** May be called again after the adapter went down and up. */
  start(): void;
  stop(): void;
  write(packet: Buffer): void;
}

/** Opens a socket for a library that is being loaded; throws where the machine has no Bluetooth. */
export type OpenHciSocket = () => HciSocket;

/** Packet types of the H4 transport, Bluetooth Core Vol 4 Part A. */
export const H4 = { command: 0x01, acl: 0x02, event: 0x04 } as const;
