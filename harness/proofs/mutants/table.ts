import type { GuaranteeId } from '../../guarantees/ids.ts';
import { disconnectsAfter, leaksTimers, sleepsBetweenAttempts } from './adapters.ts';
import { logsToken } from './logs.ts';
import type { Mutant } from './mutant.ts';
import {
  closesAfter,
  closesLate,
  countsLoginsTwice,
  delaysLive,
  omits,
  omitsOffline,
  repeatsEvery,
  retainsNot,
  roundsSpeed,
  swapsEvery,
  withholdsEvery,
} from './publishers.ts';
import { ignoresPauses, losesNewest } from './stores.ts';
import {
  absences,
  backlog,
  fromFile,
  manyDrops,
  powerCut,
  quiet,
  refusedSample,
  slowBroker,
  slowDrain,
} from './scenarios.ts';

/** For each guarantee, a mutant that violates it and no other: a guarantee that cannot fail proves nothing. */
export const MUTANTS: Readonly<Record<GuaranteeId, Mutant>> = {
  S1: {
    about: 'every tenth sample is not sent and counts as delivered',
    mutation: withholdsEvery(10),
    scenario: slowDrain,
    also: ['L11'],
  },
  S2: {
    about: 'every tenth sample is published after the next one',
    mutation: swapsEvery(10),
    scenario: quiet,
  },
  S3: {
    about: 'abandoned connections to the broker stay open for a minute',
    mutation: closesLate(60_000),
    scenario: slowBroker,
    also: ['S9'],
  },
  S4: {
    about: 'speeds are rounded to whole km/h',
    mutation: roundsSpeed(),
    scenario: quiet,
  },
  S5: {
    about: 'each connection attempt leaks a timer',
    mutation: leaksTimers(60_000),
    scenario: manyDrops,
  },
  S6: {
    about: 'the token is logged',
    mutation: logsToken(),
    scenario: quiet,
  },
  S7: {
    about: 'the status is published without the retain flag',
    mutation: retainsNot('online'),
    scenario: quiet,
  },
  S8: {
    about: 'the client opens an adapter that does not exist, although the configured one works',
    mutation: { client: { scooter: { adapter: 'hci7' } } },
    scenario: quiet,
  },
  S9: {
    about: 'the backlog is published ten times as fast as configured',
    mutation: { client: { mqtt: { drain_rate: 20 } } },
    scenario: backlog,
  },
  S10: {
    about: 'every tenth sample is sent again 2 s later',
    mutation: repeatsEvery(10, 2_000),
    scenario: quiet,
    also: ['S9'],
  },
  L1: {
    about: 'the adapter disconnects from a scooter that has not answered for 2 s',
    mutation: disconnectsAfter(2_000),
    scenario: fromFile('gap-of-3-s'),
  },
  L2: {
    about: 'a scooter that is heard again does not end the pause between two attempts to connect',
    mutation: sleepsBetweenAttempts(),
    scenario: absences,
  },
  L3: {
    about: 'the reconnect window lasts ten minutes longer than configured',
    mutation: { client: { scooter: { reconnect_window: 660 } } },
    scenario: fromFile('out-of-reach'),
  },
  L4: {
    about: 'the search window lasts half as long as configured',
    mutation: { client: { scooter: { search_window: 30 } } },
    scenario: fromFile('never-found'),
  },
  L5: {
    about: 'a lost broker is reconnected only after three minutes',
    mutation: { client: { mqtt: { reconnect_min: 180, reconnect_max: 180 } } },
    scenario: fromFile('broker-restarted'),
    also: ['S9'],
  },
  L6: {
    about: 'a lost GPS receiver is reopened only after 50 s',
    mutation: { client: { serial: { reopen_interval: 50 } } },
    scenario: fromFile('gps-unplugged'),
    also: ['S9'],
  },
  L7: {
    about: 'a client that stops does not publish offline',
    mutation: omitsOffline(),
    scenario: quiet,
  },
  L8: {
    about: 'the newest stored sample is deleted at a restart',
    mutation: losesNewest(),
    scenario: powerCut,
  },
  L9: {
    about: 'the live topic is 1 s late',
    mutation: delaysLive(1_000),
    scenario: quiet,
  },
  L10: {
    about: 'the state of a scooter that is connected is not published',
    mutation: omits('connected'),
    scenario: quiet,
  },
  L11: {
    about: 'each login is counted twice',
    mutation: countsLoginsTwice(),
    scenario: quiet,
  },
  L12: {
    about: 'the scooter is read every 5.5 s instead of every 5 s',
    mutation: { client: { mqtt: { send_interval: 5.5 } } },
    scenario: quiet,
  },
  L13: {
    about: 'each connection to the broker is closed after 30 s',
    mutation: closesAfter(30_000),
    scenario: quiet,
  },
  L14: {
    about: 'a refused sample is sent again only after five minutes',
    mutation: { client: { mqtt: { reconnect_min: 300, reconnect_max: 300 } } },
    scenario: refusedSample,
    also: ['S9', 'L5'],
  },
  L15: {
    about: 'pauses are ignored',
    mutation: ignoresPauses(),
    scenario: fromFile('paused'),
  },
};
