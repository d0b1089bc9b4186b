import { type QuirkName, REPLY_DELAY_MS } from '../../../simulator/firmware/named-quirks.ts';

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
  /** Quirks of every scooter. */
  readonly quirks: readonly QuirkName[];
  /** The longest that its scooter takes for a reply; its dashboard gets most values from other units. */
  readonly maxReplyMs: number;
}

export const RADIO_MODELS = {
  realistic: {
    losesDirections: true,
    usesScanWindows: true,
    quirks: ['slow-replies'],
    maxReplyMs: REPLY_DELAY_MS.max,
  },
  ideal: { losesDirections: false, usesScanWindows: false, quirks: [], maxReplyMs: 0 },
} as const satisfies Record<string, RadioModel>;

export type RadioModelName = keyof typeof RADIO_MODELS;

export const DEFAULT_RADIO_MODEL: RadioModelName = 'realistic';
