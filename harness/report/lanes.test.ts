import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plain } from './colours.ts';
import { LaneRenderer } from './lanes.ts';
import { trace } from './testing/reports.ts';
import type { EventContent } from '../world/trace/event.ts';

const options = { columns: 80, paint: plain, countIntervalMs: 10_000 };
const fix = { type: 'gps.fix', latitude: 1, longitude: 2, time: '', heard: true } as const;

/** All rows of a trace, without trailing blanks. */
function rowsOf(lanes: LaneRenderer, ...pairs: readonly (readonly [number, EventContent])[]): string[] {
  return trace(...pairs)
    .flatMap((event) => lanes.rows(event))
    .map((row) => row.trimEnd());
}

describe('the lanes of --watch', () => {
  it('show the state of each lane in every row', () => {
    const rows = rowsOf(
      new LaneRenderer(options),
      [0, { type: 'scooter.on' }],
      [0, { type: 'client.started', life: 1 }],
      [20, { type: 'scan', on: true }],
      [130, { type: 'link.up', supervisionMs: 5_000 }],
      [12_000, { type: 'fault.began', step: 1, fault: 'radio.gap', detail: '' }],
      [17_000, { type: 'link.down', reason: 8 }],
      [19_000, { type: 'fault.ended', step: 1, fault: 'radio.gap' }],
      [20_000, { type: 'client.ended', life: 1, how: 'killed' }],
    );
    expect(rows).toEqual([
      ' 0:00:00.000    ●          scooter  switched on',
      ' 0:00:00.000    │ ●        client   started (process 1)',
      ' 0:00:00.020  ● │ │        radio    starts scanning',
      ' 0:00:00.130  ● │ │        radio    connected, supervision timeout 5 s',
      ' 0:00:12.000  │ │ │     ●  faults   radio.gap started (step 1)',
      ' 0:00:17.000  ● │ │     ┃  radio    disconnected: supervision timeout (0x08)',
      ' 0:00:19.000    │ │     ●  faults   radio.gap ended (step 1)',
      ' 0:00:20.000    │ ●        client   killed (process 1)',
    ]);
  });

  it('count frequent events, and print the count before the next notable event', () => {
    const lanes = new LaneRenderer(options);
    expect(rowsOf(lanes, [1_000, fix], [2_000, fix], [2_500, { type: 'reply.carried', id: 1 }])).toEqual([]);
    expect(rowsOf(lanes, [3_000, { type: 'scooter.off' }])).toEqual([
      ' 0:00:03.000        │               2 × fix, reply delivered',
      ' 0:00:03.000    ●   │      scooter  switched off',
    ]);
  });

  it('print the count after a while even if no notable event follows', () => {
    const lanes = new LaneRenderer(options);
    const rows = rowsOf(lanes, ...Array.from({ length: 12 }, (_, second) => [second * 1_000, fix] as const));
    expect(rows).toEqual([' 0:00:10.000        │               10 × fix']);
    expect(lanes.flush(12_000).map((row) => row.trimEnd())).toEqual([
      ' 0:00:12.000        │               2 × fix',
    ]);
    expect(lanes.flush(12_000)).toEqual([]);
  });

  it('are named in one row if there is room, and one per row if there is not', () => {
    expect(new LaneRenderer({ ...options, columns: 140 }).header).toEqual([
      '              radio  scooter  client  gps  broker  faults',
    ]);
    expect(new LaneRenderer(options).header.slice(0, 3)).toEqual([
      '              radio',
      '              │ scooter',
      '              │ │ client',
    ]);
  });

  it('fit a terminal of any usual width without losing a word', () => {
    fc.assert(
      fc.property(fc.integer({ min: 80, max: 200 }), fc.lorem({ maxCount: 60 }), (columns, message) => {
        const lanes = new LaneRenderer({ ...options, columns });
        const rows = lanes.rows({ atMs: 0, type: 'log', level: 'info', message });
        for (const row of [...lanes.header, ...rows]) expect(row.length).toBeLessThanOrEqual(columns);
        const words = rows.join(' ').replace(/[│●]/g, ' ').split(/\s+/).join(' ');
        expect(words).toContain(`info: ${message}`);
      }),
    );
  });

  it('break a word that is longer than the row', () => {
    const rows = new LaneRenderer(options).rows({
      atMs: 0,
      type: 'log',
      level: 'info',
      message: 'x'.repeat(200),
    });
    expect(rows.every((row) => row.length <= 80)).toBe(true);
    expect(rows.join('').match(/x/g)).toHaveLength(200);
  });
});
