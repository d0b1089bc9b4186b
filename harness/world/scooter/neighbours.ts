import { encodeAdvertisement } from '../../../protocol/advertisement.ts';
import type { Air } from '../radio/air.ts';
import { Controller } from '../radio/controller.ts';

/** Type byte of the Pro 2. */
const MODEL_TYPE = 0x28;
/** A complete local name, as an AD structure, of a device that is no scooter. */
const TAG = Buffer.from([4, 0x09, ...Buffer.from('Tag')]);
/** In units of 0.625 ms: 0.5 s. */
const INTERVAL = 800;

/** Puts other devices on the air, which advertise and accept no connection; every second one is a scooter. @returns removes them */
export function startNeighbours(air: Air, count: number): () => void {
  const controllers = Array.from({ length: count }, (_, index) => {
    const address = `d4:00:00:00:00:${index.toString(16).padStart(2, '0')}`;
    const controller = new Controller(air, { identity: { address, type: 'random' } });
    const { advertiser } = controller;
    const name = `MIScooter${String(index).padStart(4, '0')}`;
    const scooter = encodeAdvertisement({ name, modelType: MODEL_TYPE, generation: 'miauth' });
    advertiser.parameters = { ...advertiser.parameters, interval: INTERVAL, addressType: 'public' };
    advertiser.advertisingData = index % 2 === 0 ? scooter.advertisement : TAG;
    if (index % 2 === 0) advertiser.scanResponseData = scooter.scanResponse;
    advertiser.enable(true);
    return controller;
  });
  return () => controllers.forEach((controller) => air.remove(controller));
}
