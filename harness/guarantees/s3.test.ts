import { describe, expect, it } from 'vitest';
import { Story } from './testing/story.ts';

const LINK_UP = { type: 'link.up', supervisionMs: 5_000 } as const;

describe('S3', () => {
  it('holds over drops, kicks and kills', () => {
    const story = Story.riding();
    story.linkDown();
    story.after(1_000);
    story.linkUp();
    story.disconnect();
    story.after(1_000);
    story.connect();
    story.stop('killed');
    story.after(5_000);
    story.start();
    story.connect();
    story.linkUp();
    story.after(5_000);
    const { occasions, violations } = story.verdict('S3');
    expect(violations).toEqual([]);
    expect(occasions).toBe(3 + 3 + 3);
  });

  it('is broken by a second link', () => {
    const story = Story.riding();
    story.tell(LINK_UP);
    expect(story.verdict('S3').violations).toMatchObject([
      { what: 'two links at once', bound: 'one', measured: 'another since 29.75 s' },
    ]);
  });

  it('is broken by a second login on a link', () => {
    const story = Story.riding();
    story.tell({ type: 'login', ok: false });
    expect(story.verdict('S3').violations).toEqual([]);
    story.tell({ type: 'login', ok: true });
    expect(story.verdict('S3').violations).toMatchObject([{ what: 'two sessions on one link at once' }]);
  });

  it('is broken by an attempt beside a connection, and by a second connection', () => {
    const story = Story.riding();
    story.attempt();
    expect(story.verdict('S3').violations).toMatchObject([{ what: 'two publishers at once' }]);
    story.after(1_000);
    story.connect();
    expect(story.verdict('S3').violations).toHaveLength(3);
  });

  it('is broken by an attempt even if the broker ends the old connection for it in the same moment', () => {
    const story = Story.riding();
    story.attempt();
    story.disconnect();
    expect(story.verdict('S3').violations).toMatchObject([{ what: 'two publishers at once' }]);
  });

  it('has nothing against a connection into nothing that the broker still believes in', () => {
    const story = Story.riding();
    const step = story.begin('broker.blackhole');
    story.hush();
    story.after(20_000);
    story.attempt();
    story.end(step);
    story.after(1_000);
    story.disconnect();
    story.connect();
    expect(story.verdict('S3').violations).toEqual([]);
  });

  it('has nothing against what the broker believes of a Pi without power', () => {
    const story = Story.riding();
    story.stop('power cut');
    story.after(5_000);
    story.start();
    story.attempt();
    expect(story.verdict('S3').violations).toEqual([]);
  });

  it('does not mind other clients of the broker', () => {
    const story = Story.riding();
    story.tell({ type: 'broker.attempt', clientId: 'dashboard' });
    story.tell({ type: 'broker.connected', clientId: 'dashboard' });
    expect(story.verdict('S3').violations).toEqual([]);
  });
});
