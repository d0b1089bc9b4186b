import type { DeviceAddress } from './device-address.ts';
import type { Link } from './link.ts';
import type { Radio } from './radio.ts';

/** What a device advertises, as those who receive it see it. */
export interface Advertisement {
  /** As LE Set Advertising Parameters and advertising reports number it. */
  readonly type: number;
  readonly address: DeviceAddress;
  readonly isConnectable: boolean;
  readonly advertisingData: Buffer;
  readonly scanResponseData: Buffer;
  /** Whether a scan request of `scanner` is answered. */
  answersScanRequest(scanner: DeviceAddress): boolean;
  /** Runs the advertising timer exactly while the device advertises and another one listens. */
  refresh(): void;
}

/** A device on the air, as the air and other devices see it. */
export interface Device extends Radio {
  readonly advertiser: Advertisement;
  /** Whether it receives advertisements. */
  readonly isListening: boolean;
  receiveAdvertisement(from: Device): void;
  /** Becomes the peripheral of `link`; returns false if it rejects the connection request of `central`. */
  acceptConnection(link: Link, central: DeviceAddress): boolean;
  reset(): void;
}
