/** A device as one advertisement shows it. */
export interface DiscoveredDevice {
  /** Lower case with colons. */
  readonly address: string;
  readonly name: string | undefined;
  /** In dBm. */
  readonly rssi: number;
  /** With the company id in front. */
  readonly manufacturerData?: Buffer;
  /** Service data of the service `fe95`. */
  readonly miBeacon?: Buffer;
}

/** What the central asks of a connection; the scooter has no say. */
export interface LinkParameters {
  readonly minIntervalMs: number;
  readonly maxIntervalMs: number;
  /** How long both ends keep a silent link. */
  readonly supervisionTimeoutMs: number;
}

export interface ConnectOptions {
  readonly parameters: LinkParameters;
  /** How long the connection itself may take. */
  readonly timeoutMs: number;
  /** How long one answer may take once it is up: the link may be silent for its supervision timeout. */
  readonly stepTimeoutMs: number;
  readonly signal: AbortSignal;
}

/** A connection to a scooter with its services discovered. */
export interface Link {
  /** Aborts once the link is gone, for whatever reason; its reason is a ClientError. */
  readonly ended: AbortSignal;
  /** Whether the scooter has this characteristic. */
  has(uuid: string): boolean;
  /**
   * Turns notifications on; `onData` gets each of them, empty ones too, until the link ends or the function that this
   * resolves to is called.
   */
  subscribe(uuid: string, onData: (data: Buffer) => void): Promise<() => void>;
  /** Sends without asking for a response: queued here, not yet received there. */
  write(uuid: string, data: Buffer): void;
  /** Ends the link; returns when it is down, or after a short deadline. */
  close(): Promise<void>;
}

/** The one owner of a Bluetooth adapter: scans and connects, never both, and one connection at a time. */
export interface Central {
  /** Scans until `signal` aborts; calls `onDiscover` for every advertisement, repeated ones too. */
  scan(onDiscover: (device: DiscoveredDevice) => void, signal: AbortSignal): Promise<void>;
  /**
   * Connects and discovers. The device must have been seen in a scan.
   * @throws ClientError `timeout`, `link_lost`, `adapter`, or the reason of `signal`.
   */
  connect(address: string, options: ConnectOptions): Promise<Link>;
  /** Gives the adapter back. */
  close(): Promise<void>;
}
