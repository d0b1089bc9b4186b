import fc from 'fast-check';
import type { MiBeacon } from '../advertisement.ts';
import { bytes } from './arbitrary-messages.ts';

const mac = bytes(6).map((octets) => octets.toString('hex').replace(/..(?=.)/g, '$&:'));

/** MiBeacons with any fields, with and without address and capability. */
export const beacon: fc.Arbitrary<MiBeacon> = fc.record(
  {
    registered: fc.boolean(),
    authMode: fc.nat(3),
    version: fc.nat(15),
    productId: fc.nat(0xffff),
    frameCounter: fc.nat(0xff),
    mac,
    capability: fc.nat(0xff),
  },
  { requiredKeys: ['registered', 'authMode', 'version', 'productId', 'frameCounter'] },
);
