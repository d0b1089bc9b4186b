import { describe, expect, it } from 'vitest';
import type { EventContent } from '../world/trace/event.ts';
import { TraceBuilder } from './testing/trace-builder.ts';

type Rejection = (EventContent & { type: 'login.prevented' })['rejection'];

/** A ride with a link whose logins are rejected; each is followed by another one after a pause, if any. */
function rejected(
  rejection: NonNullable<Rejection>,
  pausesMs: readonly (number | undefined)[],
  next: EventContent = { type: 'login.repeated' },
): TraceBuilder {
  const trace = TraceBuilder.riding();
  trace.linkDown();
  trace.advance(2_000);
  trace.record({ type: 'link.attempt' });
  trace.record({ type: 'link.up', supervisionMs: 5_000 });
  trace.advance(500);
  for (const pauseMs of pausesMs) {
    trace.record({ type: 'login.prevented', rejection });
    if (pauseMs === undefined) continue;
    trace.advance(pauseMs);
    trace.record(next);
  }
  trace.advance(5_000);
  return trace;
}

const TOO_SOON = 'the client logged in again although the scooter is busy';
const TOO_OFTEN = 'the client repeated rejected logins too often';
const TOO_LATE = 'no other login on a link on which the scooter has rejected one';

function found(trace: TraceBuilder, id: 'S9' | 'L2', what: string): string[] {
  const { violations } = trace.result(id);
  return violations.filter((violation) => violation.what === what).map(({ measured }) => measured);
}

describe('S9', () => {
  it('holds if the client waits for a busy scooter', () => {
    const trace = rejected('busy', [1_000, 1_020]);
    expect([...found(trace, 'S9', TOO_SOON), ...found(trace, 'S9', TOO_OFTEN)]).toEqual([]);
  });

  it('holds if the client logs in again at once after another rejection', () => {
    expect(found(rejected('timeout', [30]), 'S9', TOO_SOON)).toEqual([]);
  });

  it('is violated if the client asks a busy scooter again at once', () => {
    expect(found(rejected('busy', [30]), 'S9', TOO_SOON)).toEqual(['0.03 s']);
  });

  it('is violated if the client never stops to repeat logins on a link', () => {
    expect(found(rejected('cancel', [30, 30, 30, undefined]), 'S9', TOO_OFTEN)).toEqual(['4 logins']);
  });
});

describe('L2', () => {
  it('holds if the client logs in again on the link, up to three times', () => {
    expect(found(rejected('busy', [1_020, 1_020, undefined]), 'L2', TOO_LATE)).toEqual([]);
  });

  it('holds if the scooter ignores the start of the next login', () => {
    expect(found(rejected('timeout', [30], { type: 'login.prevented' }), 'L2', TOO_LATE)).toEqual([]);
  });

  it.each([
    ['gives up a link on which a login was rejected', 'timeout', undefined, 'not at all'],
    ['waits for a scooter that is not busy', 'timeout', 1_500, '1.5 s'],
    ['waits too long for a busy scooter', 'busy', 2_500, '2.5 s'],
  ] as const)('is violated if the client %s', (_, rejection, pauseMs, measured) => {
    expect(found(rejected(rejection, [pauseMs]), 'L2', TOO_LATE)).toEqual([measured]);
  });
});
