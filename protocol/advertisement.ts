import { checksum } from './checksum.ts';
import { ProtocolError } from './errors.ts';
import { NORDIC_UART, normalizeUuid, XIAOMI } from './gatt.ts';

/** Protocol generations, by advertised byte: plain 55AA, XORed 55AB, or 55AB with MiAuth and AES-CCM. */
export const GENERATIONS = ['plain', 'xor', 'miauth'] as const;

export type Generation = (typeof GENERATIONS)[number];

/** Fields of the manufacturer data. */
export interface ManufacturerData {
  /** Type byte, as listed in `MODELS`. */
  modelType: number;
  generation: Generation;
}

/** Company identifier 0x424E, little-endian. */
const COMPANY_ID = Buffer.from('NB');
const MANUFACTURER_DATA_BYTES = 8;

/** Encodes manufacturer data as noble reports it, company identifier first: `4e42 TT PP 00 00 00 CK`. */
export function encodeManufacturerData({ modelType, generation }: ManufacturerData): Buffer {
  const bytes = Buffer.alloc(MANUFACTURER_DATA_BYTES);
  COMPANY_ID.copy(bytes);
  bytes.writeUInt8(modelType, 2);
  bytes.writeUInt8(GENERATIONS.indexOf(generation), 3);
  bytes.writeUInt8(manufacturerChecksum(bytes), 7);
  return bytes;
}

/** Decodes manufacturer data; undefined if it is not a scooter's, or is corrupt. */
export function decodeManufacturerData(bytes: Buffer): ManufacturerData | undefined {
  if (bytes.length !== MANUFACTURER_DATA_BYTES || !bytes.subarray(0, 2).equals(COMPANY_ID)) return undefined;
  if (bytes.readUInt8(7) !== manufacturerChecksum(bytes)) return undefined;
  const generation = GENERATIONS[bytes.readUInt8(3)];
  return generation && { modelType: bytes.readUInt8(2), generation };
}

function manufacturerChecksum(bytes: Buffer): number {
  return checksum(bytes, 2, 7) & 0xff;
}

/** MiBeacon: Xiaomi's service data for FE95, limited to the fields that scooters use. */
export interface MiBeacon {
  /** Whether the scooter is bound; false in the only capture of a scooter. */
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

/** Creates the MiBeacon of a scooter with MiAuth, as the only published one is. */
export function scooterBeacon({ productId, mac }: Required<Pick<MiBeacon, 'productId' | 'mac'>>): MiBeacon {
  return {
    registered: false,
    authMode: STANDARD_MIAUTH,
    version: 5,
    productId,
    frameCounter: 1,
    mac,
    capability: 8,
  };
}

/** Encodes FE95 service data. */
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

/** Decodes FE95 service data; undefined if it is truncated. */
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
 * Whether an advertisement announces MiAuth in its manufacturer data or its MiBeacon. This is only a hint: what counts
 * is whether the connected scooter has the AVDTP characteristic.
 */
export function advertisesMiAuth(advertised: { manufacturerData?: Buffer; miBeacon?: Buffer }): boolean {
  const { manufacturerData, miBeacon } = advertised;
  return (
    (manufacturerData && decodeManufacturerData(manufacturerData)?.generation) === 'miauth' ||
    (miBeacon && decodeMiBeacon(miBeacon)?.authMode) === STANDARD_MIAUTH
  );
}

/** Maximum size of legacy advertising data (Bluetooth Core Vol 6 Part B, 2.3.1). */
const MAX_ADVERTISEMENT_BYTES = 31;

const AD_TYPE = {
  flags: 0x01,
  completeServices128: 0x07,
  completeName: 0x09,
  serviceData16: 0x16,
  manufacturer: 0xff,
} as const;
const GENERAL_DISCOVERABLE_LE_ONLY = 0x06;

/** What a scooter may advertise beside its name: manufacturer data, FE95 service data with a MiBeacon, or both. */
export const ADVERTISEMENT_VARIANTS = ['manufacturer', 'fe95', 'both'] as const;

export type AdvertisementVariant = (typeof ADVERTISEMENT_VARIANTS)[number];

/** Fields of an advertisement of a scooter; by default without a MiBeacon. */
export type Advertised = ManufacturerData & { readonly name: string } & (
    | { readonly variant?: 'manufacturer'; readonly miBeacon?: undefined }
    | { readonly variant: 'fe95' | 'both'; readonly miBeacon: MiBeacon }
  );

type Structure = 'flags' | 'name' | 'manufacturerData' | 'services' | 'serviceData';

/**
 * AD structures in the advertising data and in the scan response. Those with manufacturer data alone were captured; how
 * a real scooter distributes the others is unknown.
 */
const LAYOUTS: Readonly<
  Record<AdvertisementVariant, Readonly<Record<'advertisement' | 'scanResponse', readonly Structure[]>>>
> = {
  manufacturer: { advertisement: ['flags', 'name', 'manufacturerData'], scanResponse: ['services'] },
  fe95: { advertisement: ['flags', 'serviceData'], scanResponse: ['name'] },
  both: { advertisement: ['flags', 'services', 'manufacturerData'], scanResponse: ['name', 'serviceData'] },
};

/** Encodes a scooter's advertising data and scan response as AD structures. Throws `length` if the name is too long. */
export function encodeAdvertisement({ name, variant = 'manufacturer', miBeacon, ...data }: Advertised): {
  advertisement: Buffer;
  scanResponse: Buffer;
} {
  const serviceData = miBeacon ? [uuidBytes(XIAOMI.service), encodeMiBeacon(miBeacon)] : [];
  const structures: Readonly<Record<Structure, Buffer>> = {
    flags: adStructure(AD_TYPE.flags, Buffer.of(GENERAL_DISCOVERABLE_LE_ONLY)),
    name: adStructure(AD_TYPE.completeName, Buffer.from(name)),
    manufacturerData: adStructure(AD_TYPE.manufacturer, encodeManufacturerData(data)),
    services: adStructure(AD_TYPE.completeServices128, uuidBytes(NORDIC_UART.service)),
    serviceData: adStructure(AD_TYPE.serviceData16, Buffer.concat(serviceData)),
  };
  const encode = (layout: readonly Structure[]): Buffer => {
    const bytes = Buffer.concat(layout.map((structure) => structures[structure]));
    if (bytes.length <= MAX_ADVERTISEMENT_BYTES) return bytes;
    throw new ProtocolError('length', `the name ${name} is too long for an advertisement`);
  };
  const { advertisement, scanResponse } = LAYOUTS[variant];
  return { advertisement: encode(advertisement), scanResponse: encode(scanResponse) };
}

/** A UUID as AD structures contain it: as short as it is, least significant byte first. */
function uuidBytes(uuid: string): Buffer {
  return Buffer.from(normalizeUuid(uuid), 'hex').reverse();
}

function adStructure(type: number, data: Buffer): Buffer {
  return Buffer.concat([Buffer.of(data.length + 1, type), data]);
}
