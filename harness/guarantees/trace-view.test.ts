import { describe, expect, it } from 'vitest';
import { readings } from './testing/readings.ts';
import { TraceBuilder } from './testing/trace-builder.ts';
import { TraceView } from './trace-view.ts';

const viewOf = (trace: TraceBuilder): TraceView => new TraceView(trace.events, trace.config);

describe('the view of a trace', () => {
  it('has links with their supervision timeouts, logins and counts', () => {
    const trace = TraceBuilder.riding();
    trace.record({ type: 'link.updated', supervisionMs: 8_000 });
    trace.linkDown();
    trace.advance(1_000);
    trace.record({ type: 'link.down', reason: 0x3e });
    trace.linkUp();
    trace.advance(1_000);
    const { links } = viewOf(trace);
    expect(links).toMatchObject([
      {
        beginMs: 250,
        endMs: 30_000,
        loginsMs: [500],
        cycleCount: 6,
        replyCount: 18,
        process: { number: 1 },
        supervision: [{ supervisionMs: 5_000 }, { fromMs: 30_000, supervisionMs: 8_000 }],
      },
      { beginMs: 31_050, endMs: Infinity, census: { timers: 9 } },
    ]);
  });

  it('has the drops that were announced beside the health report', () => {
    const trace = TraceBuilder.riding();
    const range = (from: number) => ({ boot_id: 'boot', from, to: from, reason: 'count' });
    const message = {
      type: 'received',
      clientId: trace.config.mqtt.clientId,
      qos: 1,
      retain: false,
      isWill: false,
    } as const;
    const base = trace.config.mqtt.baseTopic;
    const announce = (topic: string, from: number): void => {
      trace.record({ ...message, topic, payload: JSON.stringify({ dropped_ranges: [range(from)] }) });
      trace.advance(1_000);
    };
    announce(`${base}/health`, 5);
    announce(`${base}/health/dropped`, 3);
    announce(`${base}/live`, 1);
    expect(viewOf(trace).dropReports.all.map(({ from }) => from)).toEqual([5, 3]);
  });

  it('has the client processes, and finds the one at a time', () => {
    const trace = TraceBuilder.riding();
    trace.stop('power cut');
    trace.advance(15_000);
    trace.start();
    trace.advance(5_000);
    const view = viewOf(trace);
    expect(view.processes).toMatchObject([
      { number: 1, beginMs: 0, endMs: 30_000, end: { how: 'power cut' } },
      { number: 2, beginMs: 45_000, endMs: Infinity, end: undefined },
    ]);
    expect([0, 29_999, 30_000, 44_999, 45_000].map((ms) => view.processAt(ms)?.number)).toEqual([
      1,
      1,
      undefined,
      undefined,
      2,
    ]);
    expect(view.runsThrough(1_000, 29_000)).toBe(true);
    expect(view.runsThrough(1_000, 46_000)).toBe(false);
  });

  it('has faults, with and without a duration', () => {
    const trace = new TraceBuilder();
    const first = trace.beginFault('radio.gap');
    trace.advance(1_000);
    trace.beginFault('link.drop');
    trace.advance(1_000);
    trace.endFault(first);
    expect(viewOf(trace).faults).toEqual([
      { step: 1, fault: 'radio.gap', detail: '', beginMs: 0, endMs: 2_000 },
      { step: 2, fault: 'link.drop', detail: '', beginMs: 1_000, endMs: 1_000 },
    ]);
  });

  it('has the spans in which the scooter was off', () => {
    const trace = new TraceBuilder();
    trace.advance(5_000);
    trace.record({ type: 'scooter.on' });
    trace.advance(5_000);
    trace.record({ type: 'scooter.off' });
    expect(viewOf(trace).scooterOff).toEqual([
      { beginMs: 0, endMs: 5_000 },
      { beginMs: 10_000, endMs: Infinity },
    ]);
    expect(viewOf(new TraceBuilder()).scooterOff).toEqual([]);
  });

  it('has the messages of the client, without its last will and those of other clients', () => {
    const trace = TraceBuilder.riding();
    const before = viewOf(trace);
    const message = { topic: 'vehicle/1/realtime', payload: '{}', qos: 1, retain: false };
    trace.record({ type: 'received', clientId: 'somebody', isWill: false, ...message });
    trace.record({ type: 'received', clientId: trace.config.mqtt.clientId, isWill: true, ...message });
    const after = viewOf(trace);
    expect(after.clientMessagesMs).toEqual(before.clientMessagesMs);
    expect(after.deliveries.unparsable).toEqual([]);
  });

  it('has the delivery or the drop report of each sample', () => {
    const trace = TraceBuilder.riding();
    trace.disconnect();
    trace.droppedRanges = [{ boot_id: 'b1', from: 7, to: 7, reason: 'count' }, { from: 'nonsense' }];
    trace.advance(10_000);
    trace.stop('killed');
    trace.start();
    trace.connect();
    trace.droppedRanges = [{ boot_id: 'b1', from: 7, to: 8, reason: 'count' }];
    trace.advance(60_000);
    const { samples, dropReports } = viewOf(trace);
    expect(samples[0]).toMatchObject({
      bootId: 'b1',
      seq: 1,
      storedMs: 760,
      deliveredMs: 780,
      dropReport: undefined,
    });
    expect(samples[7]).toMatchObject({
      seq: 8,
      // What a later report adds has its own time.
      dropReport: { from: 8, to: 8, reason: 'count', atMs: 100_000 },
    });
    expect(dropReports.all).toHaveLength(2);
  });
});

describe('a poll cycle', () => {
  it('is due when its last reply is delivered, and contains all replies', () => {
    const trace = TraceBuilder.riding();
    const { cycles } = viewOf(trace);
    expect(cycles).toHaveLength(6);
    expect(cycles[0]).toMatchObject({
      dueMs: 760,
      replies: { live: [{ id: 1 }], battery: [{ id: 2 }], range: [{ id: 3 }] },
    });
  });

  it('includes the second reply to a repeated request, even if that comes after its end', () => {
    const trace = TraceBuilder.riding();
    const values = readings(9);
    trace.advance(2_000);
    trace.reply('live', values, 0);
    trace.reply('live', values, 1);
    trace.reply('battery', values, 30);
    trace.reply('range', values, 60);
    trace.reply('range', values, 61);
    trace.advance(500);
    const { cycles } = viewOf(trace);
    expect(cycles).toHaveLength(8);
    expect(cycles[7]).toMatchObject({
      dueMs: 32_080,
      replies: { live: [{ id: 22 }, { id: 23 }], battery: [{ id: 24 }], range: [{ id: 25 }, { id: 26 }] },
    });
  });

  it('is incomplete if a reply is missing, or the link is lost in between', () => {
    const trace = TraceBuilder.riding();
    const values = readings(9);
    trace.advance(2_000);
    trace.reply('live', values, 0);
    trace.reply('range', values, 30);
    trace.advance(100);
    trace.linkDown();
    trace.advance(100);
    trace.linkUp();
    trace.advance(400);
    trace.reply('battery', values, 0);
    trace.reply('range', values, 20);
    trace.advance(80);
    expect(viewOf(trace).cycles.filter(({ dueMs }) => dueMs > 31_000)).toEqual([]);
  });

  it('is complete with a sample that is delivered before it is stored', () => {
    const trace = TraceBuilder.riding({ outbox: 'sync_interval = 60' });
    const values = readings(9);
    trace.diskWorks = false;
    trace.advance(2_000);
    trace.reply('live', values, 0);
    trace.reply('battery', values, 30);
    trace.send('range', 60);
    trace.reply('live', values, 90);
    trace.reply('battery', values, 120);
    trace.send('range', 150);
    trace.reply('live', values, 180);
    trace.storeSample({ ...values, range: null }, 210);
    trace.advance(500);
    const { cycles, links } = viewOf(trace);
    expect(cycles).toHaveLength(8);
    expect(cycles[7]).toMatchObject({ dueMs: 32_230, replies: { battery: [{}, {}], range: [] } });
    expect(links[0]).toMatchObject({ cycleCount: 8 });
  });

  it('ignores replies with other registers', () => {
    const trace = TraceBuilder.riding();
    trace.advance(2_000);
    trace.record({ type: 'reply.sent', id: 900, device: 'esc', register: 0x10, data: '00' });
    trace.record({ type: 'reply.carried', id: 900 });
    trace.record({ type: 'reply.carried', id: 901 });
    trace.advance(100);
    expect(viewOf(trace).cycles).toHaveLength(7);
  });
});
