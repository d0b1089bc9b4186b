import { encodeAcl, type Fragment } from './acl.ts';
import type { AclBuffers } from './acl-buffers.ts';
import type { Controller } from './controller.ts';
import { Encryption } from './encryption.ts';
import {
  completedPackets,
  connectionComplete,
  connectionUpdateComplete,
  dataBufferOverflow,
  disconnectionComplete,
  remoteFeatures,
  remoteVersion,
  ROLE,
  STATUS,
  type DeviceAddress,
  type Role,
} from './events.ts';
import type { Link } from './link.ts';
import type { ConnectionParameters } from './parameters.ts';

/** What tells one connection of a host from another. */
export interface ConnectionIdentity {
  readonly handle: number;
  readonly role: Role;
  /** By the address that it goes by here. */
  readonly peer: DeviceAddress;
}

/** One end of a link: what the host there knows and hears of it. */
export class Connection {
  readonly link: Link;
  readonly handle: number;
  readonly role: Role;
  readonly peer: DeviceAddress;
  readonly encryption: Encryption;
  readonly #controller: Controller;
  readonly #buffers: AclBuffers;
  #parameters: ConnectionParameters;

  constructor(controller: Controller, buffers: AclBuffers, link: Link, identity: ConnectionIdentity) {
    this.link = link;
    this.handle = identity.handle;
    this.role = identity.role;
    this.peer = identity.peer;
    this.encryption = new Encryption(controller, this);
    this.#controller = controller;
    this.#buffers = buffers;
    this.#parameters = link.parameters;
  }

  get isCentral(): boolean {
    return this.role === ROLE.central;
  }

  /** The other end; none while only this one believes in the link. */
  get other(): Connection | undefined {
    return this.link.peerOf(this.#controller).connectionOn(this.link);
  }

  /** How strong the other is heard, in dBm. */
  get rssi(): number {
    return this.link.peerOf(this.#controller).rssi;
  }

  begun(): void {
    const { handle, role, peer } = this;
    this.#controller.notify(connectionComplete(STATUS.success, handle, role, peer, this.#parameters));
  }

  /** Takes a fragment from the host. What finds no buffer is lost; the host gets its credit back all the same. */
  send(fragment: Fragment): void {
    const { length } = fragment.data;
    // Nothing of an empty fragment crosses the air: there it would be an empty packet, of which nobody is told.
    if (length > 0 && this.#buffers.take(this.link, length)) {
      this.link.send(this.#controller, fragment);
      return;
    }
    if (length > 0) this.#controller.notify(dataBufferOverflow());
    this.#controller.notify(completedPackets(this.handle, 1));
  }

  /** So many of the host's packets have reached the other end. */
  sent(count: number): void {
    this.#buffers.free(this.link, count);
    this.#controller.notify(completedPackets(this.handle, count));
  }

  received(fragment: Fragment): void {
    this.#controller.tell(encodeAcl(this.handle, fragment));
  }

  /** The link has the parameters that were asked for; a peripheral hears of it only where that changes something. */
  updated(): void {
    const [before, { parameters }] = [this.#parameters, this.link];
    this.#parameters = parameters;
    const isChanged =
      before.interval !== parameters.interval ||
      before.latency !== parameters.latency ||
      before.supervisionTimeout !== parameters.supervisionTimeout;
    if (this.isCentral || isChanged)
      this.#controller.notify(connectionUpdateComplete(this.handle, parameters));
  }

  /** Has the link layers exchange what `act` is about, unless the other end is gone by then. */
  exchange(act: (other: Connection) => void): void {
    this.link.exchange(() => {
      if (this.other) act(this.other);
    });
  }

  /** Asks the other chip what it is. */
  readRemoteVersion(): void {
    this.exchange(() => this.#controller.notify(remoteVersion(this.handle)));
  }

  readRemoteFeatures(): void {
    this.exchange(() => this.#controller.notify(remoteFeatures(this.handle)));
  }

  /** The host ends the link. */
  hangUp(reason: number): void {
    this.link.terminate(this.#controller, reason);
  }

  /** The link is over for this end. */
  ended(reason: number): void {
    this.#controller.notify(disconnectionComplete(this.handle, reason));
  }
}
