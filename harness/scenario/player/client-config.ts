import type { Overrides } from '../../../client/config/schema.ts';
import { deriveSeed, seededRandom } from '../../world/random.ts';
import { VIRTUAL_ADAPTER } from '../../world/world.ts';

/** Address of the scooter in every scenario. */
export const MAC = 'c8f09e000001';
const TOPIC = 'vehicle/1/realtime';
const BROKER_SECRET_BYTES = 16;

/** The client's configuration as content of a TOML file. */
export function configToml(
  seed: number,
  ...overrides: readonly Overrides[]
): Record<string, Record<string, unknown>> {
  const [password, key] = brokerSecrets(seed).map((secret) => secret.toString('hex'));
  const sections: Record<string, Record<string, unknown>> = {
    mqtt: { broker: `tcp://rider:${password}@127.0.0.1:1883/?key=${key}`, topic: TOPIC },
    scooter: { mac: MAC, adapter: VIRTUAL_ADAPTER },
    log: { format: 'json' },
  };
  for (const layer of overrides) {
    for (const [name, keys] of Object.entries(layer)) {
      if (keys) sections[name] = { ...sections[name], ...keys };
    }
  }
  return sections;
}

/** The password for the broker, and a key in the query of its address: neither may be disclosed. */
export function brokerSecrets(seed: number): readonly Buffer[] {
  return ['password', 'key'].map((name) => seededRandom(deriveSeed(seed, name)).bytes(BROKER_SECRET_BYTES));
}
