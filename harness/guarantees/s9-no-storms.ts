import type { Guarantee } from './guarantee.ts';
import { BROKER_ATTEMPTS_RULE, checkBrokerAttempts } from './s9-broker-attempts.ts';
import { checkGpsOpens, GPS_OPENS_RULE } from './s9-gps-opens.ts';
import { checkLogLines, LOG_RULE } from './s9-log-lines.ts';
import { checkLoops, LOOP_RULE } from './s9-loops.ts';
import { checkMessages, MESSAGE_RULES } from './s9-messages.ts';
import { checkNeedlessEnds, NEEDLESS_ENDS_RULE } from './s9-needless-ends.ts';
import { checkRequests, REQUEST_RULES } from './s9-requests.ts';
import { BUSY_RULE, checkRejectedLogins, LOGINS_RULE } from './repeated-logins.ts';
import { checkScooterAttempts, SCOOTER_ATTEMPT_RULES } from './s9-scooter-attempts.ts';
import { Tally } from './tally.ts';

export const s9: Guarantee = {
  title: 'Whatever fails, the client tries neither more nor less often than configured',
  rules: [
    ...SCOOTER_ATTEMPT_RULES,
    BUSY_RULE,
    LOGINS_RULE,
    ...REQUEST_RULES,
    BROKER_ATTEMPTS_RULE,
    ...MESSAGE_RULES,
    GPS_OPENS_RULE,
    NEEDLESS_ENDS_RULE,
    LOG_RULE,
    LOOP_RULE,
  ],
  blindSpots: [
    'A few short pauses in a row: they are no violation until chance explains them in fewer than one of 10¹⁰ cases.',
    'The cap after an attempt whose end nobody has seen: whatever is possible is accepted.',
    'Advertisements that the client has not received although the scooter was in reach.',
    'Messages beside the samples, except for their number in health reports.',
    'Log lines while anything fails.',
    'A loop that never returns to the event loop: it hangs the run, which fails at its limit of CPU time. One that waits for some milliseconds each time, or for 1 ms if the bound is above 10,000 callbacks.',
  ],
  check(view, facts) {
    const tally = new Tally();
    checkScooterAttempts(view, facts, tally);
    checkRejectedLogins(view, tally);
    checkRequests(view, facts, tally);
    checkBrokerAttempts(view, facts, tally);
    checkMessages(view, facts, tally);
    checkGpsOpens(view, facts, tally);
    checkNeedlessEnds(view, facts, tally);
    checkLogLines(view, tally);
    checkLoops(view, tally);
    return tally.result;
  },
};
