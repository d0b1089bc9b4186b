import {
  advertisesMiAuth,
  decodeManufacturerData,
  decodeMiBeacon,
  type Generation,
} from '../../protocol/advertisement.ts';
import { XIAOMI } from '../../protocol/gatt.ts';
import { type Model, modelOfProduct, modelOfType } from '../../protocol/models.ts';
import type { Link, DiscoveredDevice } from '../ble/central.ts';
import { ClientError } from '../errors.ts';

/**
 * Number of consecutive links without the MiAuth characteristic after which the scooter counts as one that lacks it: noble
 * takes an ATT error for the end of the list, so a service may be missing from one discovery only.
 */
export const MIN_INCOMPLETE_LINKS = 3;

/** Model and generation of a scooter as advertised; undefined if unknown. */
export interface AdvertisedModel {
  readonly model: Model | undefined;
  readonly generation: Generation | undefined;
}

/** Reads model and generation from an advertisement. */
export function advertisedModel(device: DiscoveredDevice): AdvertisedModel {
  const data = device.manufacturerData && decodeManufacturerData(device.manufacturerData);
  const beacon = device.miBeacon && decodeMiBeacon(device.miBeacon);
  return {
    model: (data && modelOfType(data.modelType)) ?? (beacon && modelOfProduct(beacon.productId)),
    generation: advertisesMiAuth(device) ? 'miauth' : data?.generation,
  };
}

/** Characteristics that only scooters of one generation have; the first that a scooter has decides. */
const CHARACTERISTICS = [
  { uuid: XIAOMI.avdtp, generation: 'miauth' },
  { uuid: XIAOMI.xorKey, generation: 'xor' },
] as const satisfies readonly { uuid: string; generation: Generation }[];

/**
 * Determines the protocol generation of a connected scooter. Its characteristics take precedence over the advertisement,
 * because no complete advertisement of a MiAuth scooter has been captured.
 */
export function generationOf(link: Pick<Link, 'has'>, { generation }: AdvertisedModel): Generation {
  return CHARACTERISTICS.find(({ uuid }) => link.has(uuid))?.generation ?? generation ?? 'plain';
}

/** Whether a link without the MiAuth characteristic contradicts the advertisement, or is all that is known. */
export function isDiscoveryDoubtful(link: Pick<Link, 'has'>, { generation }: AdvertisedModel): boolean {
  return !link.has(XIAOMI.avdtp) && (generation === undefined || generation === 'miauth');
}

/** Creates the error for a device that offers no login although it has to log in. */
export function loginNotOffered(): ClientError {
  return new ClientError(
    'unsupported_scooter',
    'The scooter offers no login with a token (it has no characteristic 0019), but has to log in. Either another ' +
      'device uses its address, or this scooter needs no token: in the latter case remove the token file (and ' +
      '<token file>.pending, if any), and set authentication = "optional" in [scooter]',
  );
}
