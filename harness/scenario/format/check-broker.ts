import { wrongValue, type Finding } from '../../../client/config/finding.ts';
import { DEFAULT_WORLD } from './default-world.ts';
import type { BrokerOptions } from './scenario.ts';

/** Limits of a broker need MQTT 5. */
export function checkBroker(broker: BrokerOptions, headers: { broker: string }): Finding[] {
  const { version, login: _, ...limits } = broker;
  const isLimited = Object.entries(limits).some(
    ([name, value]) => value !== DEFAULT_WORLD.broker[name as keyof BrokerOptions],
  );
  return [
    ...(isLimited && version === '3.1.1'
      ? [wrongValue([headers.broker, 'version'], '"5", because of the other keys of the section', version)]
      : []),
  ];
}
