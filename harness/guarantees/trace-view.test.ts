import { describe, expect, it } from 'vitest';
import { readings } from './testing/readings.ts';
import { Story } from './testing/story.ts';
import { TraceView } from './trace-view.ts';

const viewOf = (story: Story): TraceView => new TraceView(story.events, story.config);

describe('a trace by what it is about', () => {
  it('has links with what was in force on them', () => {
    const story = Story.riding();
    story.tell({ type: 'link.updated', supervisionMs: 8_000 });
    story.linkDown();
    story.after(1_000);
    story.tell({ type: 'link.down', reason: 0x3e });
    story.linkUp();
    story.after(1_000);
    const { links } = viewOf(story);
    expect(links).toMatchObject([
      {
        beginMs: 250,
        endMs: 30_000,
        loginsMs: [500],
        cycles: 6,
        replies: 18,
        life: { number: 1 },
        supervision: [{ supervisionMs: 5_000 }, { fromMs: 30_000, supervisionMs: 8_000 }],
      },
      { beginMs: 31_050, endMs: Infinity, census: { timers: 9 } },
    ]);
  });

  it('has the lives of the client, and knows who lived when', () => {
    const story = Story.riding();
    story.stop('power cut');
    story.after(15_000);
    story.start();
    story.after(5_000);
    const view = viewOf(story);
    expect(view.lives).toMatchObject([
      { number: 1, beginMs: 0, endMs: 30_000, end: { how: 'power cut' } },
      { number: 2, beginMs: 45_000, endMs: Infinity, end: undefined },
    ]);
    expect([0, 29_999, 30_000, 44_999, 45_000].map((ms) => view.lifeAt(ms)?.number)).toEqual([
      1,
      1,
      undefined,
      undefined,
      2,
    ]);
    expect(view.livesThrough(1_000, 29_000)).toBe(true);
    expect(view.livesThrough(1_000, 46_000)).toBe(false);
  });

  it('has faults, of which those that are over at once have no end', () => {
    const story = new Story();
    const first = story.begin('radio.gap');
    story.after(1_000);
    story.begin('link.drop');
    story.after(1_000);
    story.end(first);
    expect(viewOf(story).faults).toEqual([
      { step: 1, fault: 'radio.gap', beginMs: 0, endMs: 2_000 },
      { step: 2, fault: 'link.drop', beginMs: 1_000, endMs: 1_000 },
    ]);
  });

  it('has the times when the scooter was off', () => {
    const story = new Story();
    story.after(5_000);
    story.tell({ type: 'scooter.on' });
    story.after(5_000);
    story.tell({ type: 'scooter.off' });
    expect(viewOf(story).scooterOff).toEqual([
      { beginMs: 0, endMs: 5_000 },
      { beginMs: 10_000, endMs: Infinity },
    ]);
    expect(viewOf(new Story()).scooterOff).toEqual([]);
  });

  it('has what the client has sent, and neither its last will nor what others say', () => {
    const story = Story.riding();
    const before = viewOf(story);
    const message = { topic: 'vehicle/1/realtime', payload: '{}', qos: 1, retain: false };
    story.tell({ type: 'received', clientId: 'somebody', isWill: false, ...message });
    story.tell({ type: 'received', clientId: 'martinete', isWill: true, ...message });
    const after = viewOf(story);
    expect(after.heardOfMs).toEqual(before.heardOfMs);
    expect(after.deliveries.strange).toEqual([]);
  });

  it('has what became of each sample, and what was said about those that will not come', () => {
    const story = Story.riding();
    story.disconnect();
    story.droppedRanges = [{ boot_id: 'b1', from: 7, to: 7, reason: 'count' }, { from: 'nonsense' }];
    story.after(10_000);
    story.stop('killed');
    story.start();
    story.connect();
    story.droppedRanges = [{ boot_id: 'b1', from: 7, to: 8, reason: 'count' }];
    story.after(60_000);
    const { samples, announcements } = viewOf(story);
    expect(samples[0]).toMatchObject({
      bootId: 'b1',
      seq: 1,
      takenMs: 760,
      deliveredMs: 780,
      announcement: undefined,
    });
    expect(samples[7]).toMatchObject({
      seq: 8,
      announcement: { from: 7, to: 8, reason: 'count', atMs: 40_005 },
    });
    expect(announcements.all).toHaveLength(1);
  });
});

describe('a poll cycle', () => {
  it('is due when the last of its replies was carried, and has all that were', () => {
    const story = Story.riding();
    const { cycles } = viewOf(story);
    expect(cycles).toHaveLength(6);
    expect(cycles[0]).toMatchObject({
      dueMs: 760,
      replies: { live: [{ id: 1 }], battery: [{ id: 2 }], range: [{ id: 3 }] },
    });
  });

  it('is one where questions were put again and answered twice, also when the second answer comes behind its end', () => {
    const story = Story.riding();
    const values = readings(9);
    story.after(2_000);
    story.reply('live', values, 0);
    story.reply('live', values, 1);
    story.reply('battery', values, 30);
    story.reply('range', values, 60);
    story.reply('range', values, 61);
    story.after(500);
    const { cycles } = viewOf(story);
    expect(cycles).toHaveLength(8);
    expect(cycles[7]).toMatchObject({
      dueMs: 32_080,
      replies: { live: [{ id: 22 }, { id: 23 }], battery: [{ id: 24 }], range: [{ id: 25 }, { id: 26 }] },
    });
  });

  it('is none where a reply is missing, or the link was lost in between', () => {
    const story = Story.riding();
    const values = readings(9);
    story.after(2_000);
    story.reply('live', values, 0);
    story.reply('range', values, 30);
    story.after(100);
    story.linkDown();
    story.after(100);
    story.linkUp();
    story.after(400);
    story.reply('battery', values, 0);
    story.reply('range', values, 20);
    story.after(80);
    expect(viewOf(story).cycles.filter(({ dueMs }) => dueMs > 31_000)).toEqual([]);
  });

  it('is made of what a scooter answers to these questions alone', () => {
    const story = Story.riding();
    story.after(2_000);
    story.tell({ type: 'reply.sent', id: 900, device: 'esc', register: 0x10, data: '00' });
    story.tell({ type: 'reply.carried', id: 900 });
    story.tell({ type: 'reply.carried', id: 901 });
    story.after(100);
    expect(viewOf(story).cycles).toHaveLength(7);
  });
});
