/** The transceiver of a device on the air; the air and links tell devices apart by it. */
export interface Radio {
  /** Signal strength at which others receive it, in dBm. */
  readonly rssi: number;
}
