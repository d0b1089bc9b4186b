import { describe, expect, it } from 'vitest';
import captures from '../../fixtures/protocol/captures.json' with { type: 'json' };
import { decodeMiBeacon, encodeMiBeacon } from '../../protocol/advertisement.ts';
import { didFromText } from '../../protocol/device-info.ts';
import { Bench } from '../testing/bench.ts';
import { hex } from '../testing/vectors.ts';

describe('a capture', () => {
  it.each(captures.miBeacons)(
    'of service data has its address, and encodes to the same bytes: $bytes',
    (capture) => {
      const decoded = decodeMiBeacon(hex(capture.bytes));
      if (!decoded) return expect.unreachable('not a beacon');
      expect(decoded.mac).toBe(capture.mac);
      expect(decoded.productId).toBe(Number.parseInt(capture.productId, 16));
      expect(encodeMiBeacon(decoded).toString('hex')).toBe(capture.bytes);
    },
  );

  it.each(captures.deviceIds)(
    'of a device id is what the scooter that has it sends first: $text',
    ({ text }) => {
      const bench = new Bench({ did: didFromText(text) });
      const info = bench.app.readDeviceInfo();
      expect(info?.toString('hex')).toBe(`0100000000${Buffer.from(text).toString('hex')}`);
    },
  );
});
