import { AcceptList } from './accept-list.ts';
import { AclBuffers } from './acl-buffers.ts';
import { Advertiser } from './advertiser.ts';
import type { Air } from './air.ts';
import { Connection } from './connection.ts';
import type { Device } from './device.ts';
import { isSameDevice, type DeviceAddress } from './device-address.ts';
import { EventMask } from './event-mask.ts';
import { connectionComplete, ROLE, type Role } from './events.ts';
import { HostPort } from './host-port.ts';
import type { Link } from './link.ts';
import { OwnAddresses, type AddressType } from './own-addresses.ts';
import type { ConnectionParameters, ConnectionRequest, ScanTiming } from './parameters.ts';
import { Scanner } from './scanner.ts';
import { STATUS } from './status.ts';

/** Range of the connection handles in use, of 0x0000 to 0x0EFF; bleno takes handle 0 for none. */
const FIRST_HANDLE = 0x40;
const LAST_HANDLE = 0xeff;
/** Scan timing of an initiator that always listens. */
const ALWAYS: ScanTiming = { interval: 0x60, window: 0x60 };
const NO_ADDRESS: DeviceAddress = { address: '00:00:00:00:00:00', type: 'public' };

export interface LinkLayerOptions {
  /** The built-in address. */
  readonly identity: DeviceAddress;
  /** Signal strength at which others receive it, in dBm. */
  readonly rssi?: number;
}

/** The state of a Bluetooth LE controller: advertises, scans, initiates and holds connections, and reports to its host. */
export class LinkLayer implements Device {
  readonly air: Air;
  readonly rssi: number;
  readonly host = new HostPort();
  readonly addresses: OwnAddresses;
  readonly acceptList = new AcceptList();
  readonly advertiser: Advertiser;
  readonly scanner: Scanner;
  /** Rejects attempts to connect until the next reset, like a controller that has lost track of a connection. */
  rejectsConnections = false;
  /** Likewise, with the status Connection Already Exists, as it still holds one that its host does not know of. */
  holdsConnection = false;
  /** Rejects starts of a scan until the next reset. */
  rejectsScans = false;
  /** Set by the host with Write LE Host Support. */
  leHostSupport = 0;
  #initiation: ConnectionRequest | undefined;
  #initiatedMs = 0;
  #nextHandle = FIRST_HANDLE;
  readonly #connections = new Set<Connection>();
  readonly #buffers = new AclBuffers();

  constructor(air: Air, { identity, rssi = -60 }: LinkLayerOptions) {
    this.air = air;
    this.rssi = rssi;
    this.addresses = new OwnAddresses(identity);
    const { addresses, acceptList, host } = this;
    this.advertiser = new Advertiser({ air, device: this, addresses, acceptList });
    this.scanner = new Scanner({ air, device: this, host, addresses, acceptList });
    air.add(this);
  }

  get identity(): DeviceAddress {
    return this.addresses.identity;
  }

  get isScanning(): boolean {
    return this.scanner.isEnabled;
  }

  get isInitiating(): boolean {
    return this.#initiation !== undefined;
  }

  get isListening(): boolean {
    return this.isScanning || this.isInitiating;
  }

  /** Whether an activity is in progress that uses the filter accept list. */
  get usesAcceptList(): boolean {
    const { advertiser, scanner } = this;
    const { scan, connect } = advertiser.parameters.acceptListOnly;
    return (
      (advertiser.isEnabled && (scan || connect)) ||
      (scanner.isEnabled && scanner.parameters.acceptListOnly) ||
      (this.#initiation !== undefined && this.#initiation.peer === undefined)
    );
  }

  get connections(): readonly Connection[] {
    return [...this.#connections];
  }

  connectionOf(handle: number): Connection | undefined {
    for (const connection of this.#connections) if (connection.handle === handle) return connection;
    return undefined;
  }

  isConnectedTo(address: string): boolean {
    return this.connections.some(({ peer }) => peer.address === address);
  }

  scan(enabled: boolean, filterDuplicates: boolean): void {
    if (enabled) this.scanner.enable(filterDuplicates);
    else this.scanner.disable();
    this.air.report({ type: 'scan', by: this, on: enabled });
    this.air.receiversChanged();
  }

  /** Connects to `peer`, or to any device on the filter accept list, once it advertises. */
  initiate(
    peer: DeviceAddress | undefined,
    parameters: ConnectionParameters,
    addressType: AddressType = 'public',
    scan: ScanTiming = ALWAYS,
  ): void {
    this.#initiation = { peer, parameters, addressType, scan };
    this.#initiatedMs = performance.now();
    this.air.report({ type: 'attempt', by: this });
    this.air.receiversChanged();
  }

  /** Cancels a pending connection attempt, and reports it to the host as one that failed. */
  cancelInitiation(): void {
    const initiation = this.#initiation;
    if (!initiation) return;
    this.#initiation = undefined;
    this.air.receiversChanged();
    const { parameters } = initiation;
    this.host.notify(connectionComplete(STATUS.unknownConnection, 0, ROLE.central, NO_ADDRESS, parameters));
  }

  receiveAdvertisement(from: Device): void {
    this.scanner.receive(from);
    const initiation = this.#initiation;
    const { isConnectable, address } = from.advertiser;
    if (!initiation || !isConnectable || !this.#isWanted(address)) return;
    if (this.air.isInWindow(initiation.scan, this.#initiatedMs)) this.#connect(from, initiation);
  }

  acceptConnection(link: Link, central: DeviceAddress): boolean {
    if (this.isConnectedTo(central.address) || !this.advertiser.acceptsConnection(central)) return false;
    this.advertiser.enable(false);
    this.#openConnection(link, ROLE.peripheral, central);
    return true;
  }

  /** Ends every activity and discards every setting, without an event: HCI Reset, or a power loss. */
  reset(): void {
    this.#initiation = undefined;
    this.rejectsConnections = false;
    this.holdsConnection = false;
    this.rejectsScans = false;
    this.scanner.reset();
    this.advertiser.reset();
    this.acceptList.clear();
    this.host.eventMask = new EventMask();
    this.addresses.random = undefined;
    this.leHostSupport = 0;
    for (const { link, handle } of this.#connections) {
      this.#buffers.releaseAllOf(handle);
      link.abandon(this);
    }
    this.#connections.clear();
    this.air.receiversChanged();
  }

  #isWanted(peer: DeviceAddress): boolean {
    const wanted = this.#initiation?.peer;
    if (wanted) return isSameDevice(wanted, peer);
    return this.acceptList.has(peer) && !this.isConnectedTo(peer.address);
  }

  /** Sends a connection request; if it is lost or rejected, the central learns so only by the silence of the link. */
  #connect(peripheral: Device, { addressType, parameters }: ConnectionRequest): void {
    const address = this.addresses.get(addressType) ?? this.identity;
    this.#initiation = undefined;
    const link = this.air.connect(this, peripheral, parameters);
    this.#openConnection(link, ROLE.central, peripheral.advertiser.address);
    const { air } = this;
    const isLost = air.conditions.refusing || !air.reaches(this, peripheral) || air.losesAdvertisingPacket();
    if (isLost || !peripheral.acceptConnection(link, address)) link.failToEstablish();
    else air.report({ type: 'connected', link });
    air.receiversChanged();
  }

  #openConnection(link: Link, role: Role, peer: DeviceAddress): void {
    const connection = new Connection({
      link,
      radio: this,
      host: this.host,
      buffers: this.#buffers,
      handle: this.#freeHandle(),
      role,
      peer,
      onEnd: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    connection.open();
  }

  #freeHandle(): number {
    const handle = this.#nextHandle;
    this.#nextHandle = handle === LAST_HANDLE ? FIRST_HANDLE : handle + 1;
    return this.connectionOf(handle) ? this.#freeHandle() : handle;
  }
}
