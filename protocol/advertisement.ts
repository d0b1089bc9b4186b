import { checksum } from './checksum.ts';
import { ProtocolError } from './errors.ts';
import { NORDIC_UART } from './gatt.ts';

/** How a scooter speaks on the UART, as its advertisement says: plain 55AA, XORed 55AB, or MiAuth and CCM. */
export const GENERATIONS = ['plain', 'xor', 'miauth'] as const;

export type Generation = (typeof GENERATIONS)[number];

/** What the manufacturer data says. */
export interface ManufacturerData {
  /** The type byte of `MODELS`. */
  modelType: number;
  generation: Generation;
}

/** Company id 0x424E, as ASCII on the air. */
const COMPANY_ID = Buffer.from('NB');
const MANUFACTURER_DATA_BYTES = 8;

/** The manufacturer data as noble hands it over, company id first: `4e42 TT PP 00 00 00 CK`. */
export function encodeManufacturerData({ modelType, generation }: ManufacturerData): Buffer {
  const bytes = Buffer.alloc(MANUFACTURER_DATA_BYTES);
  COMPANY_ID.copy(bytes);
  bytes.writeUInt8(modelType, 2);
  bytes.writeUInt8(GENERATIONS.indexOf(generation), 3);
  bytes.writeUInt8(manufacturerChecksum(bytes), 7);
  return bytes;
}

/** What manufacturer data says; undefined if it is no scooter's, or damaged. */
export function decodeManufacturerData(bytes: Buffer): ManufacturerData | undefined {
  if (bytes.length !== MANUFACTURER_DATA_BYTES || !bytes.subarray(0, 2).equals(COMPANY_ID)) return undefined;
  if (bytes.readUInt8(7) !== manufacturerChecksum(bytes)) return undefined;
  const generation = GENERATIONS[bytes.readUInt8(3)];
  return generation && { modelType: bytes.readUInt8(2), generation };
}

function manufacturerChecksum(bytes: Buffer): number {
  return checksum(bytes, 2, 7) & 0xff;
}

/** Xiaomi's service data under FE95, as far as scooters use it. */
export interface MiBeacon {
  /** Set once bound; 0 in the one capture of a scooter. */
  registered: boolean;
  /** 2 is standard MiAuth. */
  authMode: number;
  version: number;
  productId: number;
  /** Counts advertisements, 0…255. */
  frameCounter: number;
  /** As `d4:5d:a0:18:13:8d`. */
  mac?: string;
  capability?: number;
}

const BEACON_HEADER_BYTES = 5;
const MAC_BYTES = 6;
const BEACON_FLAGS = { mac: 1 << 4, capability: 1 << 5, registered: 1 << 8 } as const;
const AUTH_MODE = { shift: 10, mask: 0x3 } as const;
const VERSION = { shift: 12, mask: 0xf } as const;
const STANDARD_MIAUTH = 2;

/** The FE95 service data of `beacon`. */
export function encodeMiBeacon(beacon: MiBeacon): Buffer {
  const header = Buffer.alloc(BEACON_HEADER_BYTES);
  header.writeUInt16LE(
    (beacon.mac === undefined ? 0 : BEACON_FLAGS.mac) |
      (beacon.capability === undefined ? 0 : BEACON_FLAGS.capability) |
      (beacon.registered ? BEACON_FLAGS.registered : 0) |
      (beacon.authMode << AUTH_MODE.shift) |
      (beacon.version << VERSION.shift),
  );
  header.writeUInt16LE(beacon.productId, 2);
  header.writeUInt8(beacon.frameCounter, 4);
  const mac = Buffer.from((beacon.mac ?? '').replaceAll(':', ''), 'hex').reverse();
  return Buffer.concat([
    header,
    mac,
    Buffer.from(beacon.capability === undefined ? [] : [beacon.capability]),
  ]);
}

/** What FE95 service data says; undefined if it is cut short. */
export function decodeMiBeacon(bytes: Buffer): MiBeacon | undefined {
  if (bytes.length < BEACON_HEADER_BYTES) return undefined;
  const control = bytes.readUInt16LE(0);
  const capabilityOffset = BEACON_HEADER_BYTES + ((control & BEACON_FLAGS.mac) === 0 ? 0 : MAC_BYTES);
  const hasCapability = (control & BEACON_FLAGS.capability) !== 0;
  if (bytes.length < capabilityOffset + (hasCapability ? 1 : 0)) return undefined;
  const mac = Buffer.from(bytes.subarray(BEACON_HEADER_BYTES, capabilityOffset)).reverse();
  return {
    registered: (control & BEACON_FLAGS.registered) !== 0,
    authMode: (control >> AUTH_MODE.shift) & AUTH_MODE.mask,
    version: (control >> VERSION.shift) & VERSION.mask,
    productId: bytes.readUInt16LE(2),
    frameCounter: bytes.readUInt8(4),
    ...(mac.length > 0 && { mac: mac.toString('hex').replace(/..(?=.)/g, '$&:') }),
    ...(hasCapability && { capability: bytes.readUInt8(capabilityOffset) }),
  };
}

/**
 * Whether an advertisement promises MiAuth, by its manufacturer data or its MiBeacon. Only a hint: whether a
 * connected scooter has the AVDTP characteristic is what counts.
 */
export function advertisesMiAuth(advertised: { manufacturerData?: Buffer; miBeacon?: Buffer }): boolean {
  const { manufacturerData, miBeacon } = advertised;
  return (
    (manufacturerData && decodeManufacturerData(manufacturerData)?.generation) === 'miauth' ||
    (miBeacon && decodeMiBeacon(miBeacon)?.authMode) === STANDARD_MIAUTH
  );
}

/** Bytes that an advertisement or a scan response has room for. */
const MAX_ADVERTISEMENT_BYTES = 31;

const AD_TYPE = { flags: 0x01, completeServices128: 0x07, completeName: 0x09, manufacturer: 0xff } as const;
const GENERAL_DISCOVERABLE_LE_ONLY = 0x06;

/** What a scooter advertises, and what it answers to a scan, as raw AD structures. Throws `length` for a long name. */
export function encodeAdvertisement({ name, ...data }: ManufacturerData & { name: string }): {
  advertisement: Buffer;
  scanResponse: Buffer;
} {
  const advertisement = Buffer.concat([
    adStructure(AD_TYPE.flags, Buffer.of(GENERAL_DISCOVERABLE_LE_ONLY)),
    adStructure(AD_TYPE.completeName, Buffer.from(name)),
    adStructure(AD_TYPE.manufacturer, encodeManufacturerData(data)),
  ]);
  if (advertisement.length > MAX_ADVERTISEMENT_BYTES) {
    throw new ProtocolError('length', `the name ${name} does not fit in an advertisement`);
  }
  const uuid = Buffer.from(NORDIC_UART.service.replaceAll('-', ''), 'hex').reverse();
  return { advertisement, scanResponse: adStructure(AD_TYPE.completeServices128, uuid) };
}

function adStructure(type: number, data: Buffer): Buffer {
  return Buffer.concat([Buffer.of(data.length + 1, type), data]);
}
