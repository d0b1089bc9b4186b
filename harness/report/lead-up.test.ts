import { describe, expect, it } from 'vitest';
import { activeFaultsAt, leadUp } from './lead-up.ts';
import { trace } from './testing/reports.ts';

const reply = (id: number) => [id * 10, { type: 'reply.carried', id }] as const;
const away = (atMs: number) => [atMs, { type: 'log', level: 'info', message: 'away' }] as const;

describe('the events before a violation', () => {
  it('are listed up to its time, the last ones one by one', () => {
    const events = trace(...[1, 2, 3, 4, 5, 6].map(reply), [61, { type: 'link.attempt' }], reply(7));
    expect(leadUp(events, 61).map(({ what }) => what)).toEqual([
      '3 × reply delivered',
      'reply 4 delivered',
      'reply 5 delivered',
      'reply 6 delivered',
      'attempts to connect',
    ]);
  });

  it('include the notable event before a thousand replies', () => {
    const replies = Array.from({ length: 1_000 }, (_, index) => reply(index + 1));
    const lines = leadUp(trace([0, { type: 'link.up', supervisionMs: 5_000 }], ...replies), 10_000);
    expect(lines[0]).toEqual({ atMs: 0, lane: 'radio', what: 'connected, supervision timeout 5 s' });
    expect(lines[1]).toEqual({ atMs: 10, what: '996 × reply delivered' });
    expect(lines).toHaveLength(6);
  });

  it('are never more than fifteen lines', () => {
    const events = trace(
      ...Array.from({ length: 60 }, (_, index) => (index % 2 ? reply(index) : away(index * 10))),
    );
    const lines = leadUp(events, 1_000);
    expect(lines).toHaveLength(15);
    expect(lines.at(-1)?.what).toBe('reply 59 delivered');
  });

  it('are an empty list before the first event', () => {
    expect(leadUp(trace(away(10)), 9)).toEqual([]);
  });
});

describe('the active faults', () => {
  const events = trace(
    [10, { type: 'fault.began', step: 1, fault: 'radio.gap', detail: '' }],
    [20, { type: 'fault.began', step: 2, fault: 'gps.nofix', detail: '' }],
    [25, { type: 'fault.began', step: 3, fault: 'client.kill', detail: '' }],
    [30, { type: 'fault.ended', step: 1, fault: 'radio.gap' }],
  );

  it('are those that have started and not ended', () => {
    expect(activeFaultsAt(events, 5)).toEqual([]);
    expect(activeFaultsAt(events, 20)).toEqual(['radio.gap (step 1)', 'gps.nofix (step 2)']);
    expect(activeFaultsAt(events, 40)).toEqual(['gps.nofix (step 2)']);
  });

  it('do not include faults without a duration', () => {
    expect(activeFaultsAt(events, 25)).not.toContain('client.kill (step 3)');
  });
});
