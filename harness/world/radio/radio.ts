/** The transceiver of a device on the air; the air and links identify devices by it. */
export interface Radio {
  /** Signal strength at which others receive it, in dBm. */
  readonly rssi: number;
}
