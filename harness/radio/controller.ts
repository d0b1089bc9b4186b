import { H4 } from '../../hci/socket.ts';
import { Advertiser } from './advertiser.ts';
import type { Air } from './air.ts';
import { decodeAcl, encodeAcl, type Fragment } from './acl.ts';
import { execute } from './commands.ts';
import {
  advertisingReport,
  completedPackets,
  connectionComplete,
  connectionUpdateComplete,
  disconnectionComplete,
  encryptionChange,
  REPORT,
  ROLE,
  STATUS,
  type DeviceAddress,
} from './events.ts';
import type { Link } from './link.ts';
import type { ConnectionParameters } from './parameters.ts';

/** Handles start here: bleno takes handle 0 for none. */
const FIRST_HANDLE = 0x40;
const LAST_HANDLE = 0xeff;
const NO_ADDRESS: DeviceAddress = { address: '00:00:00:00:00:00', type: 'public' };

/** What an LE Set Scan Parameters and Enable ask for. */
interface Scan {
  readonly active: boolean;
  /** Reports already given, where the host asked to hear each only once. */
  readonly reported: Set<string> | undefined;
}

/** A pending LE Create Connection. */
interface Initiation {
  readonly peer: DeviceAddress;
  readonly parameters: ConnectionParameters;
}

export interface ControllerOptions {
  /** The address that it advertises and connects with. */
  readonly identity: DeviceAddress;
  /** Signal strength at which others hear it, in dBm. */
  readonly rssi?: number;
}

/**
 * A Bluetooth LE controller: speaks HCI to the host that is attached to it, and meets other controllers in the air.
 * It keeps to what noble and bleno need of a chip; `commands.ts` is the table of what it answers.
 */
export class Controller {
  readonly air: Air;
  readonly identity: DeviceAddress;
  readonly rssi: number;
  readonly advertiser: Advertiser;
  /** Whether the next scan asks advertisers for their scan response. */
  activeScan = false;
  #scan: Scan | undefined;
  #initiation: Initiation | undefined;
  #host: ((packet: Buffer) => void) | undefined;
  #nextHandle = FIRST_HANDLE;
  readonly #handles = new Map<Link, number>();

  constructor(air: Air, { identity, rssi = -60 }: ControllerOptions) {
    this.air = air;
    this.identity = identity;
    this.rssi = rssi;
    this.advertiser = new Advertiser(air, this);
    air.add(this);
  }

  /** Whether a host is attached: there is room for one. */
  get attached(): boolean {
    return this.#host !== undefined;
  }

  /** Gives every packet for the host to `host` until it is detached. */
  attach(host: (packet: Buffer) => void): void {
    this.#host = host;
  }

  /** The host is gone: the chip falls silent, as after a reset. */
  detach(): void {
    this.#host = undefined;
    this.reset();
  }

  /** Takes one H4 packet from the host. */
  receive(packet: Buffer): void {
    if (packet[0] === H4.command) {
      execute(this, packet.subarray(1));
    } else if (packet[0] === H4.acl) {
      const data = decodeAcl(packet);
      if (data) this.linkOf(data.handle)?.send(this, data.fragment);
    }
  }

  /** Sends one event or data packet to the host. */
  tell(packet: Buffer): void {
    this.#host?.(packet);
  }

  get scanning(): boolean {
    return this.#scan !== undefined;
  }

  get initiating(): boolean {
    return this.#initiation !== undefined;
  }

  /** Whether it hears advertisements. */
  get listening(): boolean {
    return this.scanning || this.initiating;
  }

  scan(enabled: boolean, filterDuplicates: boolean): void {
    this.#scan = enabled
      ? { active: this.activeScan, reported: filterDuplicates ? new Set() : undefined }
      : undefined;
    this.air.listenersChanged();
  }

  initiate(peer: DeviceAddress, parameters: ConnectionParameters): void {
    this.#initiation = { peer, parameters };
    this.air.listenersChanged();
  }

  /** Ends a pending connection attempt: the host hears of it as a connection that failed. */
  cancelInitiation(): void {
    const initiation = this.#initiation;
    if (!initiation) return;
    this.#initiation = undefined;
    this.air.listenersChanged();
    this.tell(
      connectionComplete(STATUS.unknownConnection, 0, ROLE.central, NO_ADDRESS, initiation.parameters),
    );
  }

  /** Hears one advertisement of `advertiser`. */
  hear(advertiser: Controller): void {
    if (this.#scan) this.#report(this.#scan, advertiser);
    const wanted = this.#initiation?.peer;
    if (wanted?.address === advertiser.identity.address && wanted.type === advertiser.identity.type) {
      this.#connect(advertiser);
    }
  }

  has(link: Link): boolean {
    return this.#handles.has(link);
  }

  isConnectedTo(address: string): boolean {
    return [...this.#handles.keys()].some((link) => link.peerOf(this).identity.address === address);
  }

  linkOf(handle: number): Link | undefined {
    for (const [link, own] of this.#handles) if (own === handle) return link;
    return undefined;
  }

  linkUpdated(link: Link): void {
    const handle = this.#handles.get(link);
    if (handle !== undefined) this.tell(connectionUpdateComplete(handle, link.parameters));
  }

  linkEncrypted(link: Link): void {
    const handle = this.#handles.get(link);
    if (handle !== undefined) this.tell(encryptionChange(handle));
  }

  receiveData(link: Link, fragment: Fragment): void {
    const handle = this.#handles.get(link);
    if (handle !== undefined) this.tell(encodeAcl(handle, fragment));
  }

  dataSent(link: Link, count: number): void {
    const handle = this.#handles.get(link);
    if (handle !== undefined) this.tell(completedPackets(handle, count));
  }

  /** @param reason undefined where the host is not told, because it asked for a reset. */
  linkEnded(link: Link, reason: number | undefined): void {
    const handle = this.#handles.get(link);
    if (handle === undefined) return;
    this.#handles.delete(link);
    if (reason !== undefined) this.tell(disconnectionComplete(handle, reason));
  }

  /** HCI Reset, and what power loss amounts to: every activity ends, and nobody is told. */
  reset(): void {
    this.#scan = undefined;
    this.#initiation = undefined;
    this.activeScan = false;
    this.advertiser.reset();
    for (const link of [...this.#handles.keys()]) link.abandon(this);
    this.air.listenersChanged();
  }

  #report(scan: Scan, advertiser: Controller): void {
    this.#reportOnce(scan, advertiser, REPORT.connectable, advertiser.advertiser.advertisement);
    const answered = scan.active && !this.air.loses() && !this.air.loses();
    if (answered) this.#reportOnce(scan, advertiser, REPORT.scanResponse, advertiser.advertiser.scanResponse);
  }

  #reportOnce(scan: Scan, { identity, rssi }: Controller, kind: number, data: Buffer): void {
    const key = `${kind} ${identity.address}`;
    if (scan.reported?.has(key)) return;
    scan.reported?.add(key);
    this.tell(advertisingReport(kind, identity, data, rssi));
  }

  #connect(peripheral: Controller): void {
    const initiation = this.#initiation;
    if (!initiation) return;
    this.#initiation = undefined;
    const link = this.air.connect(this, peripheral, initiation.parameters);
    this.#addLink(link, ROLE.central, peripheral.identity);
    if (this.air.loses()) {
      link.failToEstablish();
    } else {
      peripheral.advertiser.enable(false);
      peripheral.#addLink(link, ROLE.peripheral, this.identity);
    }
    this.air.listenersChanged();
  }

  #addLink(link: Link, role: number, peer: DeviceAddress): void {
    const handle = this.#nextHandle;
    this.#nextHandle = handle === LAST_HANDLE ? FIRST_HANDLE : handle + 1;
    this.#handles.set(link, handle);
    this.tell(connectionComplete(STATUS.success, handle, role, peer, link.parameters));
  }
}
