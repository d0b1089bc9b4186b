import type { CountEvent } from './sometimes-event.ts';

/** Counts links that ended before a login was accepted. */
export const lostBeforeLogin: CountEvent = ({ links }) =>
  links.filter(({ loginsMs, endMs }) => loginsMs.length === 0 && endMs < Infinity).length;

/** Counts replies that arrived after the sample of their poll was due: the client has discarded them. */
export const lateReplies: CountEvent = ({ cycles }) =>
  cycles.reduce((sum, { dueMs, replies }) => {
    const late = Object.values(replies).flatMap((ofBlock) =>
      ofBlock.filter(({ carriedMs }) => carriedMs > dueMs),
    );
    return sum + late.length;
  }, 0);

/** Counts samples that the broker has received again. */
export const sentAgain: CountEvent = ({ deliveries }) => deliveries.repeated.length;

/** Counts last wills that the broker has published. */
export const publishedByWill: CountEvent = ({ statusMessages }) =>
  statusMessages.filter(({ isWill }) => isWill).length;

/** Counts ranges of samples that were reported as dropped for a reason. */
export function droppedFor(reason: string): CountEvent {
  return ({ dropReports }) => dropReports.all.filter((report) => report.reason === reason).length;
}

/** Counts abrupt ends of the client between a complete poll and the sync of its sample. */
export function lostUnsynced(how: 'killed' | 'power cut'): CountEvent {
  return ({ processes, cycles, storedEvents }) =>
    processes.filter(({ beginMs, endMs, end }) => {
      if (end?.how !== how) return false;
      const dueMs = cycles.findLast((cycle) => cycle.dueMs <= endMs)?.dueMs ?? -Infinity;
      const isSynced = storedEvents.some(({ atMs }) => atMs >= dueMs && atMs <= endMs);
      return dueMs >= beginMs && !isSynced;
    }).length;
}
