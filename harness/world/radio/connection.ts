import { encodeAcl, type Fragment } from './acl.ts';
import type { AclBuffers } from './acl-buffers.ts';
import type { DeviceAddress } from './device-address.ts';
import { Encryption, type EncryptableConnection } from './encryption.ts';
import {
  completedPackets,
  connectionComplete,
  connectionUpdateComplete,
  dataBufferOverflow,
  disconnectionComplete,
  remoteFeatures,
  remoteVersion,
  ROLE,
  type Role,
} from './events.ts';
import type { HostPort } from './host-port.ts';
import type { Link } from './link.ts';
import type { LinkEnd } from './link-end.ts';
import type { ConnectionParameters } from './parameters.ts';
import type { Radio } from './radio.ts';
import { STATUS } from './status.ts';

export interface ConnectionOptions {
  readonly link: Link;
  /** The device at this end. */
  readonly radio: Radio;
  readonly host: HostPort;
  readonly buffers: AclBuffers;
  readonly handle: number;
  readonly role: Role;
  /** The address by which the host knows the other device. */
  readonly peer: DeviceAddress;
  readonly onEnd: () => void;
}

/** One end of a link, which reports to the host there. */
export class Connection implements LinkEnd, EncryptableConnection {
  readonly link: Link;
  readonly handle: number;
  readonly peer: DeviceAddress;
  readonly encryption: Encryption;
  readonly #options: ConnectionOptions;
  /** The parameters that the host knows of. */
  #parameters: ConnectionParameters;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.link = options.link;
    this.handle = options.handle;
    this.peer = options.peer;
    this.encryption = new Encryption(this, options.host);
    this.#parameters = options.link.parameters;
  }

  get isCentral(): boolean {
    return this.#options.role === ROLE.central;
  }

  /** Signal strength of the other device, in dBm. */
  get rssi(): number {
    return this.link.peerOf(this.#options.radio).rssi;
  }

  /** Attaches this end to the link, and reports the new connection to the host. */
  open(): void {
    const { radio, handle, role, peer } = this.#options;
    this.link.attach(radio, this);
    this.#options.host.notify(connectionComplete(STATUS.success, handle, role, peer, this.#parameters));
  }

  /** Sends a fragment of the host. If no buffer is free, it is lost; the host gets its credit back all the same. */
  send(fragment: Fragment): void {
    const { buffers, host, radio } = this.#options;
    const { length } = fragment.data;
    // An empty fragment is not sent: on the air it would be an empty packet, which is not reported.
    if (length > 0 && buffers.reserve(this.handle, length)) {
      this.link.send(radio, fragment);
      return;
    }
    if (length > 0) host.notify(dataBufferOverflow());
    host.notify(completedPackets(this.handle, 1));
  }

  packetsCompleted(count: number): void {
    const { buffers, host } = this.#options;
    buffers.release(this.handle, count);
    host.notify(completedPackets(this.handle, count));
  }

  receive(fragment: Fragment): void {
    this.#options.host.send(encodeAcl(this.handle, fragment));
  }

  /** Reports new parameters of the link; to a peripheral only if they differ. */
  parametersUpdated(): void {
    const [before, { parameters }] = [this.#parameters, this.link];
    this.#parameters = parameters;
    const isChanged =
      before.interval !== parameters.interval ||
      before.latency !== parameters.latency ||
      before.supervisionTimeout !== parameters.supervisionTimeout;
    if (this.isCentral || isChanged)
      this.#options.host.notify(connectionUpdateComplete(this.handle, parameters));
  }

  runProcedure(procedure: (other: LinkEnd) => void): void {
    this.link.runProcedure(() => {
      const other = this.link.otherEnd(this.#options.radio);
      if (other) procedure(other);
    });
  }

  readRemoteVersion(): void {
    this.runProcedure(() => this.#options.host.notify(remoteVersion(this.handle)));
  }

  readRemoteFeatures(): void {
    this.runProcedure(() => this.#options.host.notify(remoteFeatures(this.handle)));
  }

  terminate(reason: number): void {
    this.link.terminate(this.#options.radio, reason);
  }

  abandon(reason: number): void {
    this.ended(reason);
    this.link.abandon(this.#options.radio);
  }

  ended(reason: number): void {
    const { buffers, host, onEnd } = this.#options;
    buffers.releaseAllOf(this.handle);
    onEnd();
    host.notify(disconnectionComplete(this.handle, reason));
  }
}
