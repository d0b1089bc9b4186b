/** How closely the air and the scooter follow real ones. */
export interface RadioModel {
  /**
   * Whether the two directions of a connection event are lost independently. The peripheral sends only in response to a
   * packet of the central (Bluetooth Core Vol 6 Part B, 4.5.1), so that a central may miss what its peripheral has heard:
   * the peripheral then stays connected for longer. Otherwise a whole connection event is lost or none of it.
   */
  readonly losesDirections: boolean;
  /**
   * Whether a scanner and an initiator receive only in their scan windows (Bluetooth Core Vol 6 Part B, 4.4.3 and
   * 4.4.4). Otherwise they always receive.
   */
  readonly usesScanWindows: boolean;
  /**
   * Range of the time from a request to the scooter's reply, which its dashboard gets from the motor controller or the
   * battery over a serial line.
   */
  readonly replyMs: readonly [min: number, max: number];
}

export const RADIO_MODELS = {
  /** 60 to 90 ms were measured on m365 and Pro 2 by several clients, some of which wait as long between requests. */
  realistic: { losesDirections: true, usesScanWindows: true, replyMs: [60, 90] },
  ideal: { losesDirections: false, usesScanWindows: false, replyMs: [0, 0] },
} as const satisfies Record<string, RadioModel>;

export type RadioModelName = keyof typeof RADIO_MODELS;

export const DEFAULT_RADIO_MODEL: RadioModelName = 'realistic';
