import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ATT_PAYLOAD_BYTES, NORDIC_UART, XIAOMI, chunk, normalizeUuid } from './gatt.ts';

describe('normalizeUuid', () => {
  it.each([
    ['fe95', 'fe95'],
    ['FE95', 'fe95'],
    [XIAOMI.service, 'fe95'],
    ['0000FE9500001000800000805F9B34FB', 'fe95'],
    ['10', '0010'],
    ['0010', '0010'],
    ['00000010', '0010'],
    [XIAOMI.upnp, '0010'],
    ['4', '0004'],
    [XIAOMI.firmwareVersion, '0004'],
    [XIAOMI.avdtp, '0019'],
    ['12345678-0000-1000-8000-00805f9b34fb', '12345678'],
    [NORDIC_UART.service.toUpperCase(), '6e400001b5a3f393e0a9e50e24dcca9e'],
    ['6e400003b5a3f393e0a9e50e24dcca9e', '6e400003b5a3f393e0a9e50e24dcca9e'],
    ['00000003-b5a3-f393-e0a9-e50e24dcca9e', '00000003b5a3f393e0a9e50e24dcca9e'],
  ])('maps the notation %s to one form', (notation, canonical) => {
    expect(normalizeUuid(notation)).toBe(canonical);
  });
});

describe('chunk', () => {
  it('keeps every byte, and fills every chunk except the last', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 40 }), (bytes, size) => {
        const chunks = chunk(Buffer.from(bytes), size);
        expect(Buffer.concat(chunks)).toEqual(Buffer.from(bytes));
        expect(chunks.slice(0, -1).every((each) => each.length === size)).toBe(true);
        expect(chunks.every((each) => each.length > 0)).toBe(true);
      }),
    );
  });

  it('defaults to the ATT payload', () => {
    expect(chunk(Buffer.alloc(50)).map((each) => each.length)).toEqual([
      ATT_PAYLOAD_BYTES,
      ATT_PAYLOAD_BYTES,
      10,
    ]);
  });
});
