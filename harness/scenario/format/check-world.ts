import { wrongValue, type Finding } from '../../../client/config/finding.ts';
import { DEFAULT_WORLD } from './default-world.ts';
import type { BrokerOptions, ScooterOptions } from './scenario.ts';

interface World {
  readonly scooter: Pick<ScooterOptions, 'route' | 'latitude' | 'longitude'>;
  readonly broker: BrokerOptions;
}

/** Keys of the world that need another one: a place needs a route that is generated, and limits need MQTT 5. */
export function checkWorld(
  { scooter, broker }: World,
  headers: { scooter: string; broker: string },
): Finding[] {
  const { route, latitude, longitude } = scooter;
  const { version, ...limits } = broker;
  const isPlaced = latitude !== undefined || longitude !== undefined;
  const isLimited = Object.entries(limits).some(
    ([name, value]) => value !== DEFAULT_WORLD.broker[name as keyof BrokerOptions],
  );
  return [
    ...(isPlaced && route === 'town'
      ? [wrongValue([headers.scooter, 'route'], '"generated", because of latitude or longitude', route)]
      : []),
    ...(isLimited && version === '3.1.1'
      ? [wrongValue([headers.broker, 'version'], '"5", because of the other keys of the section', version)]
      : []),
  ];
}
