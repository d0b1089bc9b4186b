import type { ScooterModel } from '../../../simulator/models/model.ts';
import { findModel, hasLogin } from '../../../simulator/models/models.ts';
import { generatedRoute } from '../../../simulator/ride/generated-route.ts';
import { TORRE_DE_HERCULES, type Route } from '../../../simulator/ride/route.ts';
import type { RideOptions } from '../../../simulator/ride/ride.ts';
import { startingConditions } from '../../../simulator/ride/starting-conditions.ts';
import { deriveSeed, seededRandom } from '../../world/random.ts';
import type { WorldOptions } from '../../world/world.ts';
import type { BrokerOptions, ScooterOptions } from '../format/scenario.ts';

/** The ride of a scenario on its usual route. A scooter that sleeps is parked. */
export function rideOptions(scooter: ScooterOptions): RideOptions & { model: ScooterModel } {
  const { state, percent, odometerM, riderKg, airTemperatureC, ...start } = scooter;
  return {
    model: findModel(scooter.model, scooter),
    startPercent: percent,
    startOdometerM: odometerM,
    ...(riderKg !== undefined && { riderKg }),
    ...(airTemperatureC !== undefined && { airTemperatureC }),
    start: startingConditions({ ...start, state: state === 'asleep' ? 'parked' : state }),
  };
}

/** Whether the scooter of a scenario is switched on at the start. */
export function isOnAtStart({ on, state }: ScooterOptions): boolean {
  return on && state !== 'asleep';
}

/**
 * Who is paired with the scooter of a scenario at the start: the client with `token`, nobody, or nobody ever. A generation
 * without a login has no pairing, and a client that had a token would not read it.
 */
export function pairingAtStart(
  { paired, ...choice }: ScooterOptions,
  token: Buffer,
): { token?: Buffer; isScooterNew: boolean } {
  const isPaired = paired === true && hasLogin(findModel(choice.model, choice));
  return { ...(isPaired && { token }), isScooterNew: paired === 'never' };
}

/** The route of a scooter; none if it is the usual one. */
export function routeAtStart(scooter: ScooterOptions, seed: number): { route?: Route } {
  const { route, latitude, longitude } = scooter;
  if (route === 'generated')
    return { route: generatedRoute(seededRandom(deriveSeed(seed, 'route')).unit, scooter) };
  const isMoved = latitude !== undefined || longitude !== undefined;
  return isMoved ? { route: TORRE_DE_HERCULES.movedTo(scooter) } : {};
}

/** What the broker of a scenario grants; nothing if it is one of MQTT 3.1.1. */
export function brokerLimits(broker: BrokerOptions): Pick<WorldOptions, 'brokerLimits'> {
  const { version, retained, qos, packetBytes, keepAliveS, inFlight, topicAlias } = broker;
  if (version !== '5') return {};
  return {
    brokerLimits: {
      retainAvailable: retained,
      ...(qos < 2 && { maximumQoS: qos }),
      ...(packetBytes !== undefined && { maximumPacketSize: packetBytes }),
      ...(keepAliveS !== undefined && { serverKeepAlive: keepAliveS }),
      ...(inFlight !== undefined && { receiveMaximum: inFlight }),
      ...(topicAlias > 0 && { topicAliasMaximum: topicAlias }),
    },
  };
}
