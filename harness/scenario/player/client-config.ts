import type { Overrides } from '../../../client/config/schema.ts';
import { deriveSeed, seededRandom } from '../../world/random.ts';
import type { BrokerLogin } from '../../world/broker/virtual-broker.ts';
import type { BrokerOptions } from '../format/scenario.ts';
import { VIRTUAL_ADAPTER } from '../../world/world.ts';

/** Address of the scooter in every scenario. */
export const MAC = 'c8f09e000001';
const TOPIC = 'vehicle/1/realtime';
const HOST = '127.0.0.1:1883/';
const USERNAME = 'rider';
const WRONG = 'wrong';
const PASSWORD_FILE = 'mqtt-password';
const BROKER_SECRET_BYTES = 16;

/** Where the client finds its user name and password. */
export interface LoginSource {
  readonly config: Overrides;
  readonly env: NodeJS.ProcessEnv;
  /** Name and content of a file beside the configuration. */
  readonly file?: readonly [name: string, content: string];
}

/** Puts what the broker demands into one of the places for it, and wrong values into those that it overrides. */
export function loginSource(seed: number, source: BrokerOptions['login']): LoginSource {
  const { password } = brokerLogin(seed);
  const [, key] = brokerSecrets(seed);
  if (source === 'address') return { config: {}, env: {} };
  const broker = `tcp://${WRONG}:${WRONG}@${HOST}?key=${key?.toString('hex') ?? ''}`;
  if (source === 'environment') {
    return {
      config: { mqtt: { broker, username: WRONG, password: WRONG } },
      env: { MARTINETE_MQTT_USERNAME: USERNAME, MARTINETE_MQTT_PASSWORD: password },
    };
  }
  // An empty variable is not set.
  const env = { MARTINETE_MQTT_USERNAME: '', MARTINETE_MQTT_PASSWORD: '' };
  if (source === 'password') return { config: { mqtt: { broker, username: USERNAME, password } }, env };
  return {
    config: { mqtt: { broker, username: USERNAME, password_file: PASSWORD_FILE } },
    env,
    file: [PASSWORD_FILE, `${password}\r\n${WRONG}\r\n`],
  };
}

/** What the broker demands of the client. */
export function brokerLogin(seed: number): BrokerLogin {
  return { username: USERNAME, password: brokerSecrets(seed)[0]?.toString('hex') ?? '' };
}

/** The client's configuration as content of a TOML file. */
export function configToml(
  seed: number,
  ...overrides: readonly Overrides[]
): Record<string, Record<string, unknown>> {
  const [password, key] = brokerSecrets(seed).map((secret) => secret.toString('hex'));
  const sections: Record<string, Record<string, unknown>> = {
    mqtt: { broker: `tcp://${USERNAME}:${password}@${HOST}?key=${key}`, topic: TOPIC },
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
