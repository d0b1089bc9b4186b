import { describe, expect, it } from 'vitest';
import { Story } from './testing/story.ts';

const WINDOW_MS = 120_000;

/** A client whose scooter is switched off; it is told to search for 2 min. */
function searching({ afterMs = WINDOW_MS, code = 69, scansForMs = Infinity } = {}): Story {
  const story = new Story({ scooter: `search_window = ${WINDOW_MS / 1000}` });
  story.tell({ type: 'scooter.on' });
  story.tell({ type: 'scooter.off' });
  story.after(1_000);
  story.start();
  story.tell({ type: 'scan', on: true });
  story.tell({ type: 'scan', on: false }, Math.min(scansForMs, afterMs));
  story.after(afterMs);
  story.stop('exit', code);
  story.after(60_000);
  return story;
}

describe('L4 holds', () => {
  it('where the client searches until the window ends, and then gives up', () => {
    expect(searching({ afterMs: WINDOW_MS + 500 }).verdict('L4')).toMatchObject({
      violations: [],
      occasions: 3,
      closest: { bound: 'within 5 s', measured: '0.5 s' },
    });
  });

  it('has nothing to say of a client that has found its scooter', () => {
    const story = Story.riding();
    story.after(900_000);
    expect(story.verdict('L4').occasions).toBe(0);
  });

  it('where the scooter is switched on meanwhile', () => {
    const story = new Story({ scooter: 'search_window = 60' });
    story.tell({ type: 'scooter.off' });
    story.start();
    story.tell({ type: 'scan', on: true });
    story.after(50_000);
    story.tell({ type: 'scooter.on' });
    story.linkUp();
    story.after(60_000);
    expect(story.verdict('L4')).toMatchObject({ violations: [], occasions: 1 });
  });
});

describe('L4 is broken', () => {
  it('by a client that gives up too soon', () => {
    expect(searching({ afterMs: 60_000 }).verdict('L4').violations).toMatchObject([
      { what: 'the client ended with 69 too soon', bound: 'after 120 s', measured: '60 s' },
    ]);
  });

  it('by a client that searches for ever', () => {
    expect(searching({ afterMs: 3_600_000 }).verdict('L4').violations).toMatchObject([
      { what: 'the client did not give the scooter up in time after 120 s', measured: '3480 s' },
    ]);
  });

  it('by another exit code', () => {
    expect(searching({ code: 75 }).verdict('L4').violations).toMatchObject([{ bound: 'exit 69' }]);
  });

  it('by a client that stops scanning', () => {
    expect(searching({ scansForMs: 10_000 }).verdict('L4').violations).toMatchObject([
      { bound: 'an attempt every 42 s', measured: 'none for 110 s' },
    ]);
  });
});
