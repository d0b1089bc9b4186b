import type { GuaranteeId } from '../../guarantees/ids.ts';
import { disconnectsAfter, leaksTimers } from './adapters.ts';
import { logsToken } from './logs.ts';
import type { Mutant } from './mutant.ts';
import { closesLate, omitsOffline, roundsSpeed, swapsEvery } from './publishers.ts';
import { dropsEvery, losesNewest } from './stores.ts';
import { fromFile, manyDrops, powerCut, quiet, slowBroker, slowDrain } from './scenarios.ts';

/**
 * For each guarantee a client that breaks it and no other, and a story in which it does: a guarantee that notices
 * nothing proves nothing.
 */
export const MUTANTS: Readonly<Record<GuaranteeId, Mutant>> = {
  S1: {
    about: 'the store forgets every tenth sample, and says that all is well',
    mutation: dropsEvery(10),
    scenario: slowDrain,
  },
  S2: {
    about: 'every tenth sample is published behind the next one',
    mutation: swapsEvery(10),
    scenario: quiet,
  },
  S3: {
    about: 'connections to the broker that were given up stay open for a minute',
    mutation: closesLate(60_000),
    scenario: slowBroker,
  },
  S4: {
    about: 'speeds are published in whole km/h',
    mutation: roundsSpeed(),
    scenario: quiet,
  },
  S5: {
    about: 'each attempt to connect leaves a timer behind',
    mutation: leaksTimers(60_000),
    scenario: manyDrops,
  },
  S6: {
    about: 'the token stands in the log',
    mutation: logsToken(),
    scenario: quiet,
  },
  L1: {
    about: 'the adapter hangs up on a scooter that has not answered for 2 s',
    mutation: disconnectsAfter(2_000),
    scenario: fromFile('gap-of-3-s'),
  },
  L2: {
    about: 'a lost scooter is tried again only after a minute',
    mutation: { client: { scooter: { retry_min: 60, retry_max: 60 } } },
    scenario: fromFile('link-dropped'),
  },
  L3: {
    about: 'a scooter out of reach is given up ten minutes later than the client was told to',
    mutation: { client: { scooter: { reconnect_window: 660 } } },
    scenario: fromFile('out-of-reach'),
  },
  L4: {
    about: 'a scooter that is not there is given up after half of the time',
    mutation: { client: { scooter: { search_window: 30 } } },
    scenario: fromFile('never-found'),
  },
  L5: {
    about: 'a lost broker is tried again only after three minutes',
    mutation: { client: { mqtt: { reconnect_min: 180, reconnect_max: 180 } } },
    scenario: fromFile('broker-restarted'),
  },
  L6: {
    about: 'a lost GPS receiver is opened again only after 50 s',
    mutation: { client: { serial: { reopen_interval: 50 } } },
    scenario: fromFile('gps-unplugged'),
  },
  L7: {
    about: 'nothing is said of the end of a client that is told to stop',
    mutation: omitsOffline(),
    scenario: quiet,
  },
  L8: {
    about: 'the newest sample on the disk is gone after a restart',
    mutation: losesNewest(),
    scenario: powerCut,
  },
};
