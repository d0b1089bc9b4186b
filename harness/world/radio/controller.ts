import { H4 } from '../../../hci/socket.ts';
import { AcceptList } from './accept-list.ts';
import { decodeAcl, type Fragment } from './acl.ts';
import { AclBuffers } from './acl-buffers.ts';
import { Advertiser } from './advertiser.ts';
import type { Air } from './air.ts';
import { Connection } from './connection.ts';
import { EventMask } from './event-mask.ts';
import { connectionComplete, isSameDevice, ROLE, STATUS, type DeviceAddress, type Role } from './events.ts';
import { execute } from './execute.ts';
import type { Link } from './link.ts';
import type { ConnectionParameters, ConnectionRequest, OwnAddress } from './parameters.ts';
import { Scanner } from './scanner.ts';

/** Handles that are given out, of 0x0000 to 0x0EFF; bleno takes handle 0 for none. */
const FIRST_HANDLE = 0x40;
const LAST_HANDLE = 0xeff;
const NO_ADDRESS: DeviceAddress = { address: '00:00:00:00:00:00', type: 'public' };

export interface ControllerOptions {
  /** The address that it was made with. */
  readonly identity: DeviceAddress;
  /** Signal strength at which others hear it, in dBm. */
  readonly rssi?: number;
}

/**
 * A Bluetooth LE controller: speaks HCI to the host that is attached to it, and meets other controllers in the air.
 * `commands.ts` is the table of what it answers, `capabilities.ts` what it claims to be.
 */
export class Controller {
  readonly air: Air;
  readonly identity: DeviceAddress;
  readonly rssi: number;
  readonly advertiser: Advertiser;
  readonly scanner = new Scanner(this);
  readonly acceptList = new AcceptList();
  eventMask = new EventMask();
  /** The address that the host has given it. */
  randomAddress: DeviceAddress | undefined;
  /** As Write LE Host Support set it. */
  leHostSupport = 0;
  #initiation: ConnectionRequest | undefined;
  #host: ((packet: Buffer) => void) | undefined;
  #nextHandle = FIRST_HANDLE;
  readonly #connections = new Map<Link, Connection>();
  readonly #buffers = new AclBuffers();

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
      if (data) this.connectionOf(data.handle)?.send(data.fragment);
    }
  }

  /** Sends one event or data packet to the host. */
  tell(packet: Buffer): void {
    this.#host?.(packet);
  }

  /** Sends an event to the host if it wants to hear of such. */
  notify(event: Buffer): void {
    if (this.eventMask.passes(event)) this.tell(event);
  }

  get scanning(): boolean {
    return this.scanner.enabled;
  }

  get initiating(): boolean {
    return this.#initiation !== undefined;
  }

  /** Whether it hears advertisements. */
  get listening(): boolean {
    return this.scanning || this.initiating;
  }

  /** Whether something is going on that only devices of the filter accept list take part in. */
  get usesAcceptList(): boolean {
    const { advertiser, scanner } = this;
    const { scan, connect } = advertiser.parameters.onlyAccepted;
    return (
      (advertiser.enabled && (scan || connect)) ||
      (scanner.enabled && scanner.parameters.onlyAccepted) ||
      (this.#initiation !== undefined && this.#initiation.peer === undefined)
    );
  }

  /** The address that others know it by; undefined where the host has not given it one. */
  ownAddress(type: OwnAddress): DeviceAddress | undefined {
    return type === 'public' ? this.identity : this.randomAddress;
  }

  scan(enabled: boolean, filterDuplicates: boolean): void {
    if (enabled) this.scanner.enable(filterDuplicates);
    else this.scanner.disable();
    this.air.tell({ type: 'scan', by: this, on: enabled });
    this.air.listenersChanged();
  }

  /** Connects to `peer`, or to any device of the filter accept list, as soon as it is heard. */
  initiate(
    peer: DeviceAddress | undefined,
    parameters: ConnectionParameters,
    own: OwnAddress = 'public',
  ): void {
    this.#initiation = { peer, parameters, own };
    this.air.tell({ type: 'attempt', by: this });
    this.air.listenersChanged();
  }

  /** Ends a pending connection attempt: the host hears of it as a connection that failed. */
  cancelInitiation(): void {
    const initiation = this.#initiation;
    if (!initiation) return;
    this.#initiation = undefined;
    this.air.listenersChanged();
    const { parameters } = initiation;
    this.notify(connectionComplete(STATUS.unknownConnection, 0, ROLE.central, NO_ADDRESS, parameters));
  }

  /** Hears one advertisement of `peer`. */
  hear(peer: Controller): void {
    this.scanner.hear(peer);
    if (this.#initiation && peer.advertiser.connectable && this.#wants(peer.advertiser.address)) {
      this.#connect(peer, this.#initiation);
    }
  }

  has(link: Link): boolean {
    return this.#connections.has(link);
  }

  isConnectedTo(address: string): boolean {
    return [...this.#connections.values()].some(({ peer }) => peer.address === address);
  }

  /** This end of a link. */
  connectionOn(link: Link): Connection | undefined {
    return this.#connections.get(link);
  }

  connectionOf(handle: number): Connection | undefined {
    for (const connection of this.#connections.values()) {
      if (connection.handle === handle) return connection;
    }
    return undefined;
  }

  linkOf(handle: number): Link | undefined {
    return this.connectionOf(handle)?.link;
  }

  linkUpdated(link: Link): void {
    this.#connections.get(link)?.updated();
  }

  receiveData(link: Link, fragment: Fragment): void {
    this.#connections.get(link)?.received(fragment);
  }

  dataSent(link: Link, count: number): void {
    this.#connections.get(link)?.sent(count);
  }

  /** @param reason undefined where the host is not told, because it asked for a reset. */
  linkEnded(link: Link, reason: number | undefined): void {
    const connection = this.#connections.get(link);
    if (!connection) return;
    this.#connections.delete(link);
    this.#buffers.freeAllOf(link);
    if (reason !== undefined) connection.ended(reason);
  }

  /** Gives up a link that the other end still believes in. */
  lose(link: Link, reason: number): void {
    this.linkEnded(link, reason);
    link.abandon(this);
  }

  /** HCI Reset, and what power loss amounts to: every activity ends, every setting is lost, and nobody is told. */
  reset(): void {
    this.#initiation = undefined;
    this.scanner.reset();
    this.advertiser.reset();
    this.acceptList.clear();
    this.eventMask = new EventMask();
    this.randomAddress = undefined;
    this.leHostSupport = 0;
    for (const link of [...this.#connections.keys()]) link.abandon(this);
    this.air.listenersChanged();
  }

  #wants(peer: DeviceAddress): boolean {
    const wanted = this.#initiation?.peer;
    if (wanted) return isSameDevice(wanted, peer);
    return this.acceptList.has(peer) && !this.isConnectedTo(peer.address);
  }

  /** Asks a peripheral that is heard for a connection; a central learns later that the request was not taken. */
  #connect(peripheral: Controller, { own, parameters }: ConnectionRequest): void {
    const address = this.ownAddress(own) ?? this.identity;
    this.#initiation = undefined;
    const link = this.air.connect(this, peripheral, parameters);
    this.#addConnection(link, ROLE.central, peripheral.advertiser.address);
    const isLost = this.air.conditions.refusing || this.air.loses();
    if (
      isLost ||
      peripheral.isConnectedTo(address.address) ||
      !peripheral.advertiser.takesConnection(address)
    ) {
      link.failToEstablish();
    } else {
      peripheral.advertiser.enable(false);
      peripheral.#addConnection(link, ROLE.peripheral, address);
      this.air.tell({ type: 'connected', link });
    }
    this.air.listenersChanged();
  }

  #addConnection(link: Link, role: Role, peer: DeviceAddress): void {
    const connection = new Connection(this, this.#buffers, link, { handle: this.#freeHandle(), role, peer });
    this.#connections.set(link, connection);
    connection.begun();
  }

  #freeHandle(): number {
    const handle = this.#nextHandle;
    this.#nextHandle = handle === LAST_HANDLE ? FIRST_HANDLE : handle + 1;
    return this.connectionOf(handle) ? this.#freeHandle() : handle;
  }
}
