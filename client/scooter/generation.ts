import { decodeManufacturerData, type Generation, advertisesMiAuth } from '../../protocol/advertisement.ts';
import { XIAOMI } from '../../protocol/gatt.ts';
import { type Model, modelOfType } from '../../protocol/models.ts';
import type { Link, DiscoveredDevice } from '../ble/central.ts';
import { ClientError } from '../errors.ts';

/** What a scooter says about itself before anybody connects to it, as far as it is understood. */
export interface AdvertisedModel {
  readonly model: Model | undefined;
  readonly generation: Generation | undefined;
}

/** What an advertisement says. */
export function advertisedModel(device: DiscoveredDevice): AdvertisedModel {
  const data = device.manufacturerData && decodeManufacturerData(device.manufacturerData);
  return {
    model: data && modelOfType(data.modelType),
    generation: advertisesMiAuth(device) ? 'miauth' : data?.generation,
  };
}

/**
 * How a connected scooter speaks. One that has the characteristic for MiAuth speaks it, whatever it advertises: no
 * advertisement of a MiAuth scooter was ever captured whole. Among the others the advertisement decides.
 */
export function generationOf(link: Pick<Link, 'has'>, { generation }: AdvertisedModel): Generation {
  return link.has(XIAOMI.avdtp) ? 'miauth' : (generation ?? 'plain');
}

/** The end for a scooter from between the plain frames and MiAuth: its frames are XORed, which nobody speaks here. */
export function xorNotSupported({ model }: AdvertisedModel): ClientError {
  return new ClientError(
    'unsupported_scooter',
    `This ${model?.name ?? 'scooter'} is not supported as it is: its firmware is of the generation that XORs its ` +
      'frames (BLE 0.8.1 and later), from before MiAuth. Update the firmware with the Mi Home app, which makes it ' +
      'speak MiAuth, then pair with `martinete register <mac>`.',
  );
}
