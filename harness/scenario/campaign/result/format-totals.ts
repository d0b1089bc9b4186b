import type { Paint } from '../../../report/colours.ts';
import { GUARANTEE_IDS } from '../../../guarantees/ids.ts';
import { readUsualDelays, slowerThanUsual, usualDelays } from '../../../guarantees/usual-delays.ts';
import { EVENT_IDS, EVENTS, type EventId } from '../../../sometimes/table.ts';
import { isStandard, type Settings } from './standard-set.ts';
import type { Totals } from './totals.ts';

/** If fewer seeds reach an event, a change of the client or of the faults may easily lose it. */
const MIN_SEEDS = 3;
const NUMBER_WIDTH = 7;

/**
 * Whether all runs have passed and, in the standard set, each event has happened, and what the guarantees limit took
 * about as long as usual.
 */
export function hasPassed(settings: Settings, totals: Totals): boolean {
  if (totals.failed > 0) return false;
  return !isStandard(settings) || (missedEvents(totals).length === 0 && slowerDelays(totals).length === 0);
}

/** Formats the number of checks of each guarantee; and the events, which have to happen in the standard set. */
export function totalsLines(settings: Settings, totals: Totals, paint: Paint): readonly string[] {
  const { checks, events } = totals;
  const reached = EVENT_IDS.filter((id) => events[id].seeds > 0).length;
  return [
    `checks: ${GUARANTEE_IDS.map((id) => `${id} ${checks[id]}`).join(', ')}`,
    ...(isStandard(settings)
      ? [...eventLines(totals, paint), ...eventProblems(totals), ...slowerDelays(totals)]
      : [`events: ${reached} of ${EVENT_IDS.length} reached (see --standard)`]),
  ];
}

/** Formats for each event how often it happened, in how many seeds, and the smallest of them. */
function eventLines({ events }: Totals, paint: Paint): readonly string[] {
  const idWidth = Math.max(...EVENT_IDS.map((id) => id.length));
  const row = (id: string, ...numbers: readonly (number | string)[]): string =>
    `${id.padEnd(idWidth)}${numbers.map((number) => String(number).padStart(NUMBER_WIDTH)).join('')}`;
  return [
    row('event', 'times', 'seeds', 'first'),
    ...EVENT_IDS.map((id) => {
      const { times, seeds, smallestSeed = '–' } = events[id];
      const numbers = row(id, times, seeds, smallestSeed);
      const painted =
        seeds >= MIN_SEEDS || EVENTS[id].outOfReach !== undefined
          ? numbers
          : paint(seeds === 0 ? 'red' : 'yellow', numbers);
      const { about, outOfReach } = EVENTS[id];
      return `${painted}  ${about}${seeds > 0 || outOfReach === undefined ? '' : ` (out of reach: ${outOfReach})`}`;
    }),
  ];
}

/** The events that no seed has reached although one can. */
function missedEvents({ events }: Totals): readonly EventId[] {
  return EVENT_IDS.filter((id) => events[id].seeds === 0 && EVENTS[id].outOfReach === undefined);
}

/** What took longer than is usual in the standard set, in one sentence each. */
function slowerDelays({ shares }: Totals): readonly string[] {
  return slowerThanUsual(readUsualDelays('standard campaign'), usualDelays(shares));
}

/** The events that no seed reaches, and those that too few seeds reach, in one sentence each. */
function eventProblems(totals: Totals): readonly string[] {
  const rare = EVENT_IDS.filter((id) => totals.events[id].seeds > 0 && totals.events[id].seeds < MIN_SEEDS);
  return [
    ...sentence('no seed reaches', missedEvents(totals)),
    ...sentence(`fewer than ${MIN_SEEDS} seeds reach`, rare),
  ];
}

function sentence(what: string, ids: readonly EventId[]): string[] {
  return ids.length === 0 ? [] : [`${what} ${ids.join(', ')}`];
}
