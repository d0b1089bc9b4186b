import { describe, expect, it } from 'vitest';
import { runScenario } from '../scenario/player/run.ts';
import { readScenario } from '../scenario/format/load.ts';
import type { FaultName } from '../scenario/faults/table.ts';
import { ownTimeMs } from './l2-return.ts';
import { readings } from './testing/readings.ts';
import { TraceBuilder, type TraceOptions } from './testing/trace-builder.ts';
import { RADIO_MODELS } from '../world/radio/radio-model.ts';
import { TraceView } from './trace-view.ts';

interface Absence {
  readonly awayMs: number;
  /** From the first advertisement to the connection. */
  readonly reactionMs: number;
  readonly options?: TraceOptions;
  /** Active when the scooter returns. */
  readonly fault?: FaultName;
}

/** A ride with a scooter that goes out of range, and advertises there. */
function returning({ awayMs, reactionMs, options = {}, fault }: Absence): TraceBuilder {
  const trace = TraceBuilder.riding(options);
  const gap = trace.beginFault('radio.gap');
  trace.linkDown();
  trace.record({ type: 'advertising', on: true });
  trace.advance(awayMs);
  const other = fault && trace.beginFault(fault);
  trace.endFault(gap);
  trace.advance(reactionMs);
  trace.record({ type: 'advertising', on: false });
  trace.linkUp();
  if (other !== undefined) trace.endFault(other);
  trace.advance(60_000);
  return trace;
}

/** A ride whose adapter leaves the end of a link unreported, and that of the next one too if it comes early enough. */
function losingTwice(isReported: boolean): TraceBuilder {
  const trace = TraceBuilder.riding();
  const fault = trace.beginFault('adapter.unreported');
  trace.linkDown();
  trace.linkUp();
  trace.advance(20_000);
  if (isReported) trace.endFault(fault);
  trace.advance(1_000);
  trace.linkDown();
  trace.record({ type: 'scooter.off' });
  if (!isReported) trace.endFault(fault);
  trace.advance(5_000);
  trace.record({ type: 'scooter.on' });
  trace.record({ type: 'advertising', on: true });
  trace.advance(4_000);
  trace.linkUp();
  trace.advance(60_000);
  return trace;
}

const BOUND = 'within 3.07 s';
const WHAT = 'no telemetry in time after the first advertisement of a scooter that has returned';

describe('L2 holds', () => {
  it.each([4_000, 60_000, 1_000_000])(
    'if the scooter is read at once after its first advertisement, after %i ms of absence',
    (awayMs) => {
      const absence = { awayMs, reactionMs: 2_000, options: { scooter: 'reconnect_window = 3600' } };
      expect(returning(absence).result('L2')).toMatchObject({ violations: [], closest: { bound: BOUND } });
    },
  );

  it('if the first reply is swallowed by a fragment that was due before the absence', () => {
    const trace = TraceBuilder.riding();
    const gap = trace.beginFault('radio.gap');
    trace.linkDown();
    trace.record({ type: 'advertising', on: true });
    trace.endFault(trace.beginFault('scooter.fragment'));
    trace.advance(60_000);
    trace.endFault(gap);
    trace.advance(2_000);
    trace.record({ type: 'advertising', on: false });
    trace.linkUp();
    trace.reply('live', readings(7), 200);
    trace.delayNextPoll(1_500);
    trace.advance(60_000);
    expect(trace.result('L2').violations).toEqual([]);
  });

  it('with a bound that includes the first pause after a lost connection', () => {
    const trace = returning({ awayMs: 400, reactionMs: 3_000 });
    expect(trace.result('L2')).toMatchObject({
      violations: [],
      closest: { bound: BOUND, measured: '2.96 s' },
    });
  });

  it('for a link without telemetry, after which the pause is longer', () => {
    const trace = TraceBuilder.riding();
    trace.linkDown();
    trace.record({ type: 'link.up', supervisionMs: 5_000 }, 2_000);
    trace.advance(2_100);
    trace.record({ type: 'link.down', reason: 0x3e });
    trace.record({ type: 'advertising', on: true }, 1_000);
    trace.record({ type: 'advertising', on: false }, 15_000);
    trace.advance(15_000);
    trace.linkUp();
    trace.advance(60_000);
    expect(trace.result('L2').violations).toEqual([]);
  });

  it.each([{ type: 'login.prevented' }, { type: 'reply.withheld', device: 'bms', register: 0x31 }] as const)(
    'for a scooter that delays the first sample itself: $type',
    (event) => {
      const trace = TraceBuilder.riding();
      const gap = trace.beginFault('radio.gap');
      trace.linkDown();
      trace.record({ type: 'advertising', on: true });
      trace.advance(60_000);
      trace.endFault(gap);
      trace.record(event, 1_000);
      trace.advance(5_000);
      trace.linkUp();
      trace.advance(60_000);
      expect(trace.result('L2').violations).toEqual([]);
    },
  );

  it('for a scooter that returns soon after an impostor, which the client takes for it', () => {
    const trace = TraceBuilder.riding();
    trace.linkDown();
    trace.record({ type: 'scooter.off' });
    const impostor = trace.beginFault('scooter.impostor');
    trace.advance(60_000);
    trace.endFault(impostor);
    trace.advance(2_000);
    trace.record({ type: 'scooter.on' });
    trace.record({ type: 'advertising', on: true });
    trace.advance(5_000);
    trace.linkUp();
    trace.advance(60_000);
    expect(trace.result('L2').violations).toEqual([]);
  });

  it('for a client that has not noticed the second of two unreported ends of a link', () => {
    expect(losingTwice(false).result('L2').violations).toEqual([]);
  });

  it('for a scooter that does not stay', () => {
    const trace = TraceBuilder.riding();
    trace.linkDown();
    trace.record({ type: 'scooter.off' });
    trace.advance(60_000);
    trace.record({ type: 'scooter.on' });
    trace.record({ type: 'advertising', on: true });
    trace.advance(500);
    trace.record({ type: 'advertising', on: false });
    trace.record({ type: 'scooter.off' });
    trace.advance(60_000);
    expect(trace.result('L2').violations).toEqual([]);
  });
});

describe('L2 is violated', () => {
  it('if the client waits after an end of a link that was reported, although that of the link before was not', () => {
    expect(losingTwice(true).result('L2').violations).toMatchObject([{ what: WHAT, bound: BOUND }]);
  });

  it.each([4_000, 60_000])('if the client waits although the scooter advertises, after %i ms', (awayMs) => {
    expect(returning({ awayMs, reactionMs: 4_000 }).result('L2').violations).toMatchObject([
      { what: WHAT, bound: BOUND, measured: '4.56 s' },
    ]);
  });

  it('if the first pause after a lost connection is too long', () => {
    expect(returning({ awayMs: 400, reactionMs: 6_000 }).result('L2').violations).toMatchObject([
      { what: WHAT, measured: '5.96 s' },
    ]);
  });

  it('if a client that searches does not connect', () => {
    const trace = new TraceBuilder();
    trace.start();
    trace.advance(30_000);
    trace.record({ type: 'advertising', on: true });
    trace.advance(60_000);
    expect(trace.result('L2').violations).toMatchObject([{ what: WHAT, measured: 'not at all' }]);
  });
});

describe('a late sample after a return', () => {
  it.each(['radio.loss', 'link.refuse', 'scooter.held', 'scooter.silent', 'adapter.flap'] as const)(
    'is excused by %s',
    (fault) => {
      const { violations } = returning({ awayMs: 60_000, reactionMs: 4_000, fault }).result('L2');
      expect(violations).toEqual([]);
    },
  );

  it.each(['broker.stop', 'gps.silence', 'disk.error'] as const)('is not excused by %s', (fault) => {
    const { violations } = returning({ awayMs: 60_000, reactionMs: 4_000, fault }).result('L2');
    expect(violations).toHaveLength(1);
  });
});

describe('the time that the virtual scooter takes', () => {
  it.each(['ideal', 'realistic'] as const)(
    'is what the bound allows for, and little less: %s',
    async (name) => {
      const text = `title = "Nothing happens"\nduration = "30 s"\nradio = "${name}"`;
      const { events, config, scenario } = await runScenario(readScenario(text, 'quiet'));
      const { scooter } = scenario;
      const view = new TraceView(events, config);
      const [attemptMs = NaN] = view.linkAttemptsMs;
      const [cycle] = view.cycles;
      const share =
        ((cycle?.dueMs ?? NaN) - attemptMs) / ownTimeMs({ config, radio: RADIO_MODELS[name], scooter });
      expect(share).toBeGreaterThan(0.7);
      expect(share).toBeLessThanOrEqual(1);
    },
  );
});
