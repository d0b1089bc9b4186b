import { describe, expect, it } from 'vitest';
import type { QuirkName } from '../../simulator/firmware/named-quirks.ts';
import type { EventContent } from '../world/trace/event.ts';
import type { RunFacts } from './guarantee.ts';
import { TraceBuilder } from './testing/trace-builder.ts';

class OwnersTrace extends TraceBuilder {
  quirks: readonly QuirkName[] = [];

  override get facts(): RunFacts {
    return { ...super.facts, scooter: { ...super.facts.scooter, paired: false, quirks: this.quirks } };
  }
}

interface Options {
  readonly beeps?: number;
  /** Time from a beep to the next attempt, or the end. */
  readonly pauseMs?: number;
  readonly isPressed?: boolean;
  readonly isPaired?: boolean;
  readonly code?: number;
  readonly quirks?: readonly QuirkName[];
}

/** A registration that begins at 1 s. */
function registering(options: Options): OwnersTrace {
  const { beeps = 0, pauseMs = 5_000, isPressed = false, isPaired = false, code, quirks = [] } = options;
  const trace = new OwnersTrace();
  trace.quirks = quirks;
  trace.advance(1_000);
  trace.record({ type: 'command.started', command: 'register' });
  for (let beep = 1; beep <= beeps; beep++) {
    trace.advance(500);
    trace.record({ type: 'beep' });
    if (isPressed && beep === beeps) trace.record({ type: 'pairing.opened' }, 1_500);
    trace.advance(pauseMs);
    trace.record({ type: 'link.attempt' });
  }
  trace.advance(500);
  if (isPaired) trace.record({ type: 'paired' });
  if (code !== undefined) end(trace, { code, how: 'exit' });
  trace.advance(400_000);
  return trace;
}

function end(trace: TraceBuilder, how: Pick<EventContent & { type: 'command.ended' }, 'how' | 'code'>): void {
  trace.record({ type: 'command.ended', command: 'register', ...how });
}

const measured = (options: Options): string[] =>
  registering(options)
    .result('S8')
    .violations.map((violation) => violation.measured);

describe('S8 holds if a registration', () => {
  it.each<[string, Options]>([
    ['pairs at the last beep', { beeps: 5, isPressed: true, isPaired: true, code: 0 }],
    ['ends after five beeps at which the button is not pressed', { beeps: 5, code: 77 }],
    ['is refused by a scooter that is already paired', { code: 77, quirks: ['pairs-once'] }],
    ['needs an out-of-band code', { code: 78, quirks: ['out-of-band'] }],
  ])('%s', (_, options) => {
    expect(measured(options)).toEqual([]);
  });
});

describe('S8 is violated if a registration', () => {
  it.each<[string, Options, string]>([
    ['ends after four beeps', { beeps: 4, code: 77 }, 'exit 77 after 4 beeps'],
    ['ends after six beeps', { beeps: 6, code: 77 }, 'exit 77 after 6 beeps'],
    ['does not use the press', { beeps: 5, isPressed: true, code: 77 }, 'exit 77 after 5 beeps'],
    ['pairs but fails', { beeps: 1, isPressed: true, isPaired: true, code: 75 }, 'exit 75 after 1 beep'],
    ['claims to have paired', { beeps: 1, code: 0 }, 'exit 0 after 1 beep'],
    ['names another reason', { code: 75, quirks: ['pairs-once'] }, 'exit 75 after 0 beeps'],
    ['never ends', { beeps: 1 }, 'not at all'],
    [
      'leaves no time to press',
      { beeps: 1, pauseMs: 2_500, isPressed: true, isPaired: true, code: 0 },
      '2.5 s',
    ],
  ])('%s', (_, options, expected) => {
    expect(measured(options)).toEqual([expected]);
  });
});

describe('S8', () => {
  it('is violated by a client that refuses the token that it has been paired with', () => {
    const trace = registering({ beeps: 1, isPressed: true, isPaired: true, code: 0 });
    trace.start();
    trace.advance(1_000);
    trace.stop('exit', 77);
    trace.advance(1_000);
    expect(trace.result('S8').violations).toMatchObject([{ measured: 'exit 77' }]);
  });
});
