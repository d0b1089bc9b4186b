import { describe, expect, it } from 'vitest';
import { activeFaultsAt, leadUp } from './lead-up.ts';
import { trace } from './testing/reports.ts';

const reply = (id: number) => [id * 10, { type: 'reply.carried', id }] as const;
const away = (atMs: number) => [atMs, { type: 'log', level: 'info', message: 'away' }] as const;

describe('what led to a violation', () => {
  it('is told up to its moment, the last events one by one', () => {
    const events = trace(...[1, 2, 3, 4, 5, 6].map(reply), [61, { type: 'link.attempt' }], reply(7));
    expect(leadUp(events, 61).map(({ what }) => what)).toEqual([
      '3 × reply carried',
      'carried reply 4',
      'carried reply 5',
      'carried reply 6',
      'tries to connect',
    ]);
  });

  it('reaches past a thousand replies to the news before them', () => {
    const flow = Array.from({ length: 1_000 }, (_, index) => reply(index + 1));
    const told = leadUp(trace([0, { type: 'link.up', supervisionMs: 5_000 }], ...flow), 10_000);
    expect(told[0]).toEqual({ atMs: 0, lane: 'radio', what: 'connected, supervision timeout 5 s' });
    expect(told[1]).toEqual({ atMs: 10, what: '996 × reply carried' });
    expect(told).toHaveLength(6);
  });

  it('never takes more than fifteen lines', () => {
    const events = trace(
      ...Array.from({ length: 60 }, (_, index) => (index % 2 ? reply(index) : away(index * 10))),
    );
    const told = leadUp(events, 1_000);
    expect(told).toHaveLength(15);
    expect(told.at(-1)?.what).toBe('carried reply 59');
  });

  it('is nothing before the first event', () => {
    expect(leadUp(trace(away(10)), 9)).toEqual([]);
  });
});

describe('the faults at a moment', () => {
  const events = trace(
    [10, { type: 'fault.began', step: 1, fault: 'radio.gap', detail: '' }],
    [20, { type: 'fault.began', step: 2, fault: 'gps.nofix', detail: '' }],
    [25, { type: 'fault.began', step: 3, fault: 'client.kill', detail: '' }],
    [30, { type: 'fault.ended', step: 1, fault: 'radio.gap' }],
  );

  it('are those that have begun and not ended', () => {
    expect(activeFaultsAt(events, 5)).toEqual([]);
    expect(activeFaultsAt(events, 20)).toEqual(['radio.gap (step 1)', 'gps.nofix (step 2)']);
    expect(activeFaultsAt(events, 40)).toEqual(['gps.nofix (step 2)']);
  });

  it('are not those that are over at once', () => {
    expect(activeFaultsAt(events, 25)).not.toContain('client.kill (step 3)');
  });
});
