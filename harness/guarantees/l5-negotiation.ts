import type { RunFacts } from './guarantee.ts';
import type { TraceView } from './trace-view.ts';
import { isOtherVersion, isVersionRefusal, type BrokerAttempt } from './view/connections.ts';
import { firstAfter } from './view/search.ts';

/** Reason codes of CONNACK with which a broker refuses the will of an offer, not the client: MQTT 5, section 3.2.2.2. */
const WILL_CODES: readonly (number | undefined)[] = [0x90, 0x95, 0x99, 0x9a, 0x9b];

export const NEGOTIATION_BOUND =
  '+ reconnect_min before the first connection of a process, or after each refusal of a will or of a version that the client then offers differently; ' +
  '+ reconnect_max instead if the broker has just refused the other version as well';

/** The longest pauses between the offers that the client makes from a time on, until the broker accepts one. */
export function negotiationMs(afterMs: number, isFirst: boolean, view: TraceView, facts: RunFacts): number {
  const { reconnectMinMs, reconnectMaxMs } = facts.config.mqtt;
  const { brokerAttempts, connections } = view;
  const connectedMs = firstAfter(connections, afterMs, ({ beginMs }) => beginMs)?.beginMs ?? Infinity;
  let pausesMs = 0;
  let wasVersionRefused = false;
  brokerAttempts.forEach((attempt, index) => {
    const next = brokerAttempts[index + 1];
    if (attempt.atMs < afterMs || attempt.atMs >= connectedMs) return;
    const isVersion = isVersionRefused(attempt, next);
    if (isVersion && wasVersionRefused) pausesMs += reconnectMaxMs;
    else if (isVersion || isWillRefused(attempt, next)) pausesMs += reconnectMinMs;
    wasVersionRefused = isVersion;
  });
  return isFirst ? Math.max(pausesMs, reconnectMinMs) : pausesMs;
}

/** Whether a broker has refused a will, and the client then offers another one. */
function isWillRefused({ process, offer, refusal }: BrokerAttempt, next: BrokerAttempt | undefined): boolean {
  return next?.process === process && next?.offer !== offer && WILL_CODES.includes(refusal?.code);
}

/** Whether a broker has refused a version, or closed the connection unseen, and the client then offers the other one. */
function isVersionRefused(attempt: BrokerAttempt, next: BrokerAttempt | undefined): boolean {
  const { process, refusal } = attempt;
  if (!next || next.process !== process || !isOtherVersion(attempt, next)) return false;
  return refusal === undefined || isVersionRefusal(refusal);
}
