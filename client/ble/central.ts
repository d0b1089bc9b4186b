/** A device as seen in one advertisement. */
export interface DiscoveredDevice {
  /** Lower case, with colons. */
  readonly address: string;
  readonly name: string | undefined;
  /** In dBm; undefined if the adapter does not know it. */
  readonly rssi: number | undefined;
  /** Starts with the company identifier. */
  readonly manufacturerData?: Buffer;
  /** Service data of the service `fe95`. */
  readonly miBeacon?: Buffer;
}

/** Connection parameters that the central sets; the peripheral cannot reject them. */
export interface LinkParameters {
  readonly minIntervalMs: number;
  readonly maxIntervalMs: number;
  /** Supervision timeout: how long both ends keep a link on which they receive nothing. */
  readonly supervisionTimeoutMs: number;
}

export interface ConnectOptions {
  readonly parameters: LinkParameters;
  /** The longest that establishing the connection may take. */
  readonly timeoutMs: number;
  /** The longest wait for one response on the link, at least the supervision timeout. */
  readonly stepTimeoutMs: number;
  /** Called once the adapter reports the connection, which may fail at once, and before the discovery. */
  readonly onConnected?: () => void;
  readonly signal: AbortSignal;
}

/** A connection to a scooter whose services are discovered. */
export interface Link {
  /** Aborts when the link ends, for any reason; the abort reason is a ClientError. */
  readonly ended: AbortSignal;
  /** Whether the scooter has this characteristic. */
  has(uuid: string): boolean;
  /**
   * Enables notifications and passes each one to `onData`, empty ones too, until the link ends.
   * @returns a function that unsubscribes `onData`.
   */
  subscribe(uuid: string, onData: (data: Buffer) => void): Promise<() => void>;
  /** Reads the value of a characteristic; empty if the scooter refuses. */
  read(uuid: string): Promise<Buffer>;
  /** Queues a write, without response if the characteristic allows it; returns before the scooter has received it. */
  write(uuid: string, data: Buffer): void;
  /** Disconnects; resolves when the link is down or a short deadline has passed. */
  close(): Promise<void>;
}

/** Exclusive user of a Bluetooth adapter: scans or connects, never both, with one connection at a time. */
export interface Central {
  /** Scans until `signal` aborts; calls `onDiscover` for every advertisement, duplicates included. */
  scan(onDiscover: (device: DiscoveredDevice) => void, signal: AbortSignal): Promise<void>;
  /**
   * Connects and discovers services. The device must have been seen in a scan of this central.
   * @throws ClientError `timeout`, `link_lost`, `adapter`, or the reason of `signal`.
   */
  connect(address: string, options: ConnectOptions): Promise<Link>;
  /** Disconnects and releases the adapter. */
  close(): Promise<void>;
}
