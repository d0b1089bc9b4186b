import fc from 'fast-check';
import {
  advertisesMiAuth,
  decodeManufacturerData,
  decodeMiBeacon,
  encodeManufacturerData,
  encodeMiBeacon,
  GENERATIONS,
} from '../../../protocol/advertisement.ts';
import { encodeDeviceInfo, parseDeviceInfo } from '../../../protocol/device-info.ts';
import { chunk, normalizeUuid } from '../../../protocol/gatt.ts';
import { DID_BYTES } from '../../../protocol/keys.ts';
import { beacon } from '../../../protocol/testing/arbitrary-advertisements.ts';
import { bytes } from '../../../protocol/testing/arbitrary-messages.ts';
import { expectEqual, expectThat, inAnyMemory, outcomeOf } from '../expect.ts';
import { fuzzTarget, random, type FuzzTarget } from '../target.ts';

const manufacturer = fc.record({ modelType: fc.nat(0xff), generation: fc.constantFrom(...GENERATIONS) });
/** Manufacturer data that is nearly right: of the company, with any rest. */
const nearlyManufacturer = fc.oneof(
  bytes(0, 10),
  bytes(6).map((rest) => Buffer.concat([Buffer.from('NB'), rest])),
);

const advertisement = fuzzTarget({
  name: 'advertisement',
  about: 'manufacturer data and MiBeacons: what is encoded decodes, what decodes is right to the last byte',
  inputs: random(
    fc.record({ manufacturer, beacon, received: nearlyManufacturer, service: bytes(0, 16), cut: fc.nat(16) }),
  ),
  check: ({ manufacturer: sent, beacon: sentBeacon, received, service, cut }) => {
    expectEqual('manufacturer data', decodeManufacturerData(encodeManufacturerData(sent)), sent);
    const decoded = inAnyMemory(received, decodeManufacturerData);
    if (decoded) {
      const again = encodeManufacturerData(decoded);
      expectEqual('of another sender', [...again.subarray(0, 4)], [...received.subarray(0, 4)]);
    }
    const encoded = encodeMiBeacon(sentBeacon);
    expectEqual('beacon', inAnyMemory(encoded, decodeMiBeacon), sentBeacon);
    const truncated = encoded.subarray(0, Math.min(cut, encoded.length - 1));
    expectEqual('truncated beacon', inAnyMemory(truncated, decodeMiBeacon), undefined);
    const any = inAnyMemory(service, decodeMiBeacon);
    if (any) expectThat(encodeMiBeacon(any).length <= service.length, 'reads more than there is');
    const isMiAuth = advertisesMiAuth({ manufacturerData: received, miBeacon: service });
    expectEqual('announces MiAuth', isMiAuth, decoded?.generation === 'miauth' || any?.authMode === 2);
  },
  runs: 300,
});

const deviceInfo = fuzzTarget({
  name: 'device-info',
  about:
    'the device info of a registration: 4 or 24 bytes, which encode again, and an error for any other size',
  inputs: random(fc.record({ received: bytes(0, 32), did: bytes(DID_BYTES), head: bytes(4) })),
  check: ({ received, did, head }) => {
    for (const valid of [head, Buffer.concat([head, did])])
      expectEqual('encodes again', encodeDeviceInfo(inAnyMemory(valid, parseDeviceInfo)), valid);
    const parsed = outcomeOf(() => inAnyMemory(received, parseDeviceInfo));
    const isValid = received.length === 4 || received.length === 4 + DID_BYTES;
    if (isValid) expectThat(typeof parsed !== 'string', 'refuses a device info of a right size');
    else expectEqual('of another size', parsed, 'length');
  },
  runs: 500,
});

const uuid = fc.oneof(
  fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdefABCDEF-')), maxLength: 40 }),
  fc.uuid(),
  bytes(4).map((head) => `${head.toString('hex')}-0000-1000-8000-00805f9b34fb`),
);

const gatt = fuzzTarget({
  name: 'gatt',
  about: 'UUIDs in any notation have one form, and values are cut into packets without losing a byte',
  inputs: random(fc.record({ uuid, value: bytes(0, 300), size: fc.integer({ min: 1, max: 40 }) })),
  check: ({ uuid: text, value, size }) => {
    const normal = normalizeUuid(text);
    expectEqual('has one form', normalizeUuid(normal), normal);
    expectEqual('in upper case', normalizeUuid(text.toUpperCase()), normal);
    const chunks = chunk(value, size);
    expectEqual('is whole', Buffer.concat(chunks), value);
    expectThat(
      chunks.every(({ length }, index) => length === size || (index === chunks.length - 1 && length > 0)),
      'has a packet that is not full',
    );
  },
  runs: 500,
});

/** What a scooter announces, and the values of its characteristics. */
export const ADVERTISEMENT_TARGETS: readonly FuzzTarget[] = [advertisement, deviceInfo, gatt];
