import fc from 'fast-check';

/** A structure of advertising data, and what noble is to make of it: undefined if it is malformed. */
export interface Structure {
  readonly bytes: Buffer;
  readonly meaning?: {
    readonly localName?: string;
    readonly txPowerLevel?: number;
    readonly manufacturerData?: string;
    readonly serviceData?: { readonly uuid: string; readonly data: string };
    readonly serviceUuid?: string;
  };
}

export interface Report {
  readonly type: number;
  /** As noble writes it. */
  readonly address: string;
  readonly structures: readonly Structure[];
  readonly bytes: Buffer;
}

const hex = (maxBytes: number, minBytes = 0): fc.Arbitrary<string> =>
  fc
    .uint8Array({ minLength: minBytes, maxLength: maxBytes })
    .map((array) => Buffer.from(array).toString('hex'));

const reversed = (text: string): string => Buffer.from(text, 'hex').reverse().toString('hex');

function encode(type: number, content: string): Buffer {
  const data = Buffer.from(content, 'hex');
  return Buffer.concat([Buffer.of(data.length + 1, type), data]);
}

/** Service data by type, with the size of its UUID. */
const SERVICE_DATA = [
  [0x16, 2],
  [0x20, 4],
  [0x21, 16],
] as const;

const serviceData = fc.constantFrom(...SERVICE_DATA).chain(([type, uuidBytes]) =>
  fc.tuple(hex(uuidBytes, uuidBytes), hex(6)).map(([uuid, data]): Structure => ({
    bytes: encode(type, uuid + data),
    meaning: { serviceData: { uuid: reversed(uuid), data } },
  })),
);

const valid: fc.Arbitrary<Structure> = fc.oneof(
  serviceData,
  fc.string({ unit: 'grapheme-ascii', maxLength: 8 }).map((localName) => ({
    bytes: encode(0x09, Buffer.from(localName).toString('hex')),
    meaning: { localName },
  })),
  fc.integer({ min: -128, max: 127 }).map((txPowerLevel) => ({
    bytes: encode(0x0a, Buffer.of(txPowerLevel & 0xff).toString('hex')),
    meaning: { txPowerLevel },
  })),
  hex(8).map((manufacturerData) => ({
    bytes: encode(0xff, manufacturerData),
    meaning: { manufacturerData },
  })),
  hex(16, 16).map((uuid) => ({ bytes: encode(0x07, uuid), meaning: { serviceUuid: reversed(uuid) } })),
  // Flags, appearance, solicited services, and types that noble does not know.
  fc
    .tuple(fc.constantFrom(0x01, 0x19, 0x14, 0x15, 0x1f, 0x2f), hex(5))
    .map(([type, content]) => ({ bytes: encode(type, content), meaning: {} })),
);

/** Structures that are shorter than what their type contains at least. */
const malformed: fc.Arbitrary<Structure> = fc.oneof(
  fc.constant({ bytes: encode(0x0a, '') }),
  fc
    .constantFrom(...SERVICE_DATA)
    .chain(([type, uuidBytes]) => hex(uuidBytes - 1).map((content) => ({ bytes: encode(type, content) }))),
);

/** Any structure that is within its report. */
export const structure: fc.Arbitrary<Structure> = fc.oneof({ weight: 3, arbitrary: valid }, malformed);

/** A report of a device. */
export function report(
  structures: fc.Arbitrary<Structure>,
  types: fc.Arbitrary<number> = fc.nat({ max: 5 }),
): fc.Arbitrary<Report> {
  return fc
    .tuple(types, hex(6, 6), fc.array(structures, { maxLength: 4 }), fc.integer({ min: -128, max: 127 }))
    .map(([type, address, content, rssi]) => {
      const data = Buffer.concat(content.map(({ bytes }) => bytes));
      return {
        type,
        address: reversed(address).match(/../g)?.join(':') ?? '',
        structures: content,
        bytes: Buffer.concat([
          Buffer.of(type, 0),
          Buffer.from(address, 'hex'),
          Buffer.of(data.length),
          data,
          Buffer.of(rssi & 0xff),
        ]),
      };
    });
}

/** Parameters of an LE Advertising Report event. */
export function advertisingEvent(reports: readonly Report[]): Buffer {
  return Buffer.concat([Buffer.of(0x02, reports.length), ...reports.map(({ bytes }) => bytes)]);
}
