import { describe, expect, it } from 'vitest';
import type { EventContent } from '../world/trace/event.ts';
import { TraceBuilder, type TraceOptions } from './testing/trace-builder.ts';
import type { CycleBlock } from './view/blocks.ts';

/** Records an event again and again. */
function repeat(trace: TraceBuilder, content: EventContent, count: number, everyMs: number): void {
  for (let index = 0; index < count; index++) {
    trace.record(content);
    trace.advance(everyMs);
  }
}

/** Attempts of a client whose scooter refuses each connection, after these pauses. */
function refusing(pausesMs: readonly number[], options: TraceOptions = {}): TraceBuilder {
  const trace = TraceBuilder.riding(options);
  trace.record({ type: 'advertising', on: true });
  trace.beginFault('link.drop');
  trace.linkDown();
  for (const pauseMs of pausesMs) {
    trace.advance(pauseMs);
    trace.record({ type: 'link.attempt' });
    trace.advance(300);
    trace.record({ type: 'link.down', reason: 0x3e });
  }
  return trace;
}

/** Attempts of a client whose broker is closed, after these pauses. */
function closed(pausesMs: readonly number[], code?: number, options: TraceOptions = {}): TraceBuilder {
  const trace = TraceBuilder.riding(options);
  const { clientId } = trace.config.mqtt;
  trace.advance(10_000);
  trace.disconnect();
  for (const pauseMs of pausesMs) {
    trace.advance(pauseMs);
    trace.connectAttempt();
    trace.record({ type: 'broker.refused', clientId, ...(code !== undefined && { code }) });
  }
  return trace;
}

/** A client that exits after attempts to reach the broker and the receiver, whether it is told to stop or not. */
function closing(closingMs: number, code: number, stop?: 'client.term'): TraceBuilder {
  const trace = TraceBuilder.riding();
  trace.gps = 'not received';
  const unplug = trace.beginFault('gps.unplug');
  trace.disconnect();
  trace.advanceTrying(5_000);
  trace.record({ type: 'gps.opened' });
  trace.connectAttempt();
  trace.record({ type: 'broker.refused', clientId: trace.config.mqtt.clientId });
  if (stop) trace.beginFault(stop);
  trace.advance(closingMs);
  trace.stop('exit', code);
  trace.advance(1_000);
  trace.endFault(unplug);
  return trace;
}

/** Reads of a block that stays silent, once per second. */
function askSilent(trace: TraceBuilder, name: CycleBlock, count: number): void {
  for (let index = 0; index < count; index++) {
    trace.withhold(name, 0);
    trace.advance(1_000);
  }
}

/** Attempts of a client that offers each version of MQTT to a broker that closes MQTT 5 and refuses 3.1.1. */
function refusedVersions(versions: readonly (4 | 5)[], pauseMs: number): TraceBuilder {
  const trace = TraceBuilder.riding();
  const { clientId } = trace.config.mqtt;
  trace.disconnect();
  for (const version of versions) {
    trace.advance(1_000);
    trace.record({ type: 'broker.attempt', clientId, offer: `MQTT ${version}, no will` });
    const code = version === 4 ? { code: 1 } : {};
    trace.record({ type: 'broker.refused', clientId, ...code });
  }
  trace.advance(pauseMs);
  trace.connectAttempt();
  return trace;
}

const LINE: EventContent = { type: 'log', level: 'info', message: 'line' };

/** A ride after whose start nothing has happened for a long time. */
function quiet(): TraceBuilder {
  const trace = TraceBuilder.riding();
  trace.advance(120_000);
  return trace;
}

/** Adds a step of the clock, and a block that falls silent and answers again, with one line each and two others. */
function eventful(trace: TraceBuilder): TraceBuilder {
  repeat(trace, LINE, 2, 1_000);
  trace.record({ type: 'clock.stepped', byMs: 1 });
  trace.record(LINE);
  askSilent(trace, 'range', 3);
  trace.record(LINE);
  trace.advance(60_000);
  trace.retry('range');
  trace.record(LINE);
  return trace;
}

const violations = (trace: TraceBuilder): string[] =>
  trace.result('S9').violations.map(({ what, measured }) => `${what}: ${measured}`);

const pauseViolations = (trace: TraceBuilder): string[] =>
  violations(trace).filter((what) => what.startsWith('the pause'));

describe('S9 holds', () => {
  it('during a ride', () => {
    const trace = TraceBuilder.riding();
    trace.advance(600_000);
    const { checks, violations: found } = trace.result('S9');
    expect(found).toEqual([]);
    expect(checks).toBeGreaterThan(100);
  });

  it('for pauses that grow up to their maximum, and start again after polls', () => {
    expect(violations(refusing([1_000, 2_000, 3_900, 8_000, 15_000, 30_000, 30_000]))).toEqual([]);
    expect(violations(closed([1_000, 2_000, 3_900, 8_000, 15_000, 30_000, 30_000]))).toEqual([]);
  });

  it.each([
    ['gps.hang', []],
    ['gps.silence', ['the pause before the receiver was opened again was too long: 29 s']],
  ] as const)('after %s for a pause that has grown while open calls to gpsd hung', (fault, expected) => {
    const trace = TraceBuilder.riding({ serial: 'gpsd://localhost' });
    trace.gps = 'not received';
    trace.advance(5_000);
    const step = trace.beginFault(fault);
    repeat(trace, { type: 'gps.opened' }, 1, 60_000);
    trace.endFault(step);
    trace.advance(1_000);
    const unplug = trace.beginFault('gps.unplug');
    repeat(trace, { type: 'gps.opened' }, 1, 29_000);
    trace.record({ type: 'gps.opened' });
    trace.endFault(unplug);
    expect(pauseViolations(trace)).toEqual(expected);
  });

  it('for a broker that refuses the credentials, after the longest pause each time', () => {
    expect(violations(closed([1_000, 30_000, 30_000], 5))).toEqual([]);
  });

  it('for a broker that refuses both versions of MQTT, after the longest pause', () => {
    expect(violations(refusedVersions([5, 4], 30_000))).toEqual([]);
  });

  it('for a scooter that is tried at once after an absence', () => {
    const trace = refusing([1_000, 2_000]);
    trace.record({ type: 'advertising', on: false });
    trace.advance(3_000);
    trace.record({ type: 'advertising', on: true });
    trace.advance(100);
    trace.record({ type: 'link.attempt' });
    expect(violations(trace)).toEqual([]);
  });

  it('for an attempt to connect to another device, during which the link of a killed client ends', () => {
    const trace = TraceBuilder.riding();
    trace.record({ type: 'client.ended', life: 1, how: 'killed' });
    trace.record({ type: 'client.started', life: 2 });
    trace.record({ type: 'link.attempt' });
    trace.advance(200);
    trace.linkDown();
    trace.advance(2_500);
    trace.record({ type: 'link.attempt' });
    expect(pauseViolations(trace)).toEqual([]);
  });

  it.each([
    ['is told to stop', 'client.term', 0, 25_000],
    ['gives up', undefined, 71, 10_000],
  ] as const)('for attempts that do not follow because the client %s', (_, stop, code, closingMs) => {
    expect(pauseViolations(closing(closingMs, code, stop))).toEqual([]);
  });

  it('for a silent block that is asked once a minute', () => {
    const trace = TraceBuilder.riding();
    trace.silentBlocks.add('battery');
    trace.advance(10_000);
    for (let minute = 0; minute < 4; minute++) {
      trace.withhold('battery', 0);
      trace.advance(60_000);
    }
    expect(violations(trace)).toEqual([]);
  });

  it('for a block that is asked again while no other one is answered either', () => {
    const trace = TraceBuilder.riding();
    trace.scooterAnswers = false;
    for (const name of ['live', 'battery'] as const) trace.send(name, 0);
    askSilent(trace, 'range', 8);
    expect(violations(trace)).toEqual([]);
  });

  it.each([
    ['answered before in one poll, and asked again in its second round', 1, []],
    [
      'asked again and again in one poll',
      2,
      ['the client asked a silent block too often: 4 requests in 3 s'],
    ],
  ] as const)('within its limits for a block that is %s', (_what, before, expected) => {
    const trace = TraceBuilder.riding();
    trace.scooterAnswers = false;
    trace.send('battery', 0);
    askSilent(trace, 'battery', before + 3);
    expect(violations(trace)).toEqual(expected);
  });

  it.each([
    ['late, to an earlier read', 'before', []],
    ['to a later read', 'after', ['the client asked a silent block too often: 4 requests in 3 s']],
  ] as const)(
    'within its limits for a silent block, if another reply arrives %s',
    (_what, when, expected) => {
      const trace = TraceBuilder.riding();
      trace.scooterAnswers = false;
      const early = trace.send('live', 0);
      askSilent(trace, 'range', 2);
      trace.record({ type: 'reply.carried', id: when === 'before' ? early : trace.send('live', 0) });
      askSilent(trace, 'range', 2);
      expect(violations(trace)).toEqual(expected);
    },
  );

  it('for a silent block, if the late scooter answers an earlier read between the times at which it was asked', () => {
    const trace = TraceBuilder.riding();
    trace.scooterAnswers = false;
    const live = { device: 'esc', register: 0xb0, data: '00'.repeat(32) };
    trace.record({ type: 'reply.sent', id: 900, ...live, waitedMs: 5_000 });
    trace.record({ type: 'reply.carried', id: 900 });
    trace.advance(3_500);
    const withheld = { type: 'reply.withheld', device: 'esc', register: 0x25 } as const;
    repeat(trace, { ...withheld, waitedMs: 5_000 }, 4, 1_000);
    expect(violations(trace)).toEqual([]);
  });

  it('for a keystream that is asked for until the scooter has been silent for too long', () => {
    const trace = TraceBuilder.riding();
    const { requestTimeoutMs } = trace.config.scooter;
    repeat(trace, { type: 'reply.withheld', device: 'bms', register: 0x50 }, 5, requestTimeoutMs);
    expect(violations(trace)).toEqual([]);
  });

  it('for a line each about a step of the clock and a block that falls silent and answers again', () => {
    const trace = quiet();
    expect(violations(eventful(trace))).toEqual([]);
  });

  it('for what the client logs about a link after a long absence', () => {
    const trace = TraceBuilder.riding();
    trace.record({ type: 'scooter.off' });
    trace.linkDown();
    trace.advance(10_000);
    trace.record({ type: 'scooter.on' });
    trace.advance(200_000);
    trace.linkUp();
    repeat(trace, LINE, 3, 100);
    expect(violations(trace).filter((what) => what.includes('log lines'))).toEqual([]);
  });

  it('for samples that a slow broker has received together', () => {
    const trace = closed([1_000, 2_000, 4_000, 8_000, 16_000], undefined, { mqtt: 'drain_rate = 1' });
    trace.faultFor('broker.slow', 1_000);
    trace.connect();
    trace.advance(5_000);
    expect(violations(trace)).toEqual([]);
  });
});

describe('S9 is violated', () => {
  it('if the pauses between attempts to connect to the scooter do not grow', () => {
    expect(violations(refusing(Array.from({ length: 12 }, () => 1_000)))).toContain(
      'the pause before an attempt to connect to the scooter was too short again and again: 1 s',
    );
    expect(violations(refusing([1_000, 200]))).toEqual([
      'the pause before an attempt to connect to the scooter was too short: 0.2 s',
    ]);
  });

  it('if a pause is longer than permitted, or the maximum not kept', () => {
    expect(violations(refusing([1_000, 2_500]))).toEqual([
      'the pause before an attempt to connect to the scooter was too long: 2.5 s',
    ]);
    expect(violations(closed([1_000, 2_000, 4_000, 8_000, 16_000, 40_000]))).toEqual([
      'the pause before an attempt to connect to the broker was too long: 40 s',
    ]);
  });

  it('if the client waits for long although the broker has refused only one version of MQTT', () => {
    expect(violations(refusedVersions([4], 30_000))).toEqual([
      'the pause before an attempt to connect to the broker was too long: 30 s',
    ]);
  });

  it('if no attempt follows long before the client gives up', () => {
    expect(pauseViolations(closing(25_000, 71))).toEqual([
      'the pause before an attempt to connect to the broker was too long: 20 s',
      'the pause before the receiver was opened again was too long: 20 s',
    ]);
  });

  it('if no attempt to connect to the broker follows', () => {
    const trace = closed([1_000, 2_000]);
    trace.advance(60_000);
    expect(violations(trace)).toEqual([
      'the pause before an attempt to connect to the broker was too long: 60 s',
    ]);
  });

  it('if the pauses between attempts to connect to the broker do not grow', () => {
    expect(violations(closed(Array.from({ length: 12 }, () => 1_000)))).toContain(
      'the pause before an attempt to connect to the broker was too short again and again: 1 s',
    );
  });

  it('if a broker is tried at once after a refusal of the credentials', () => {
    expect(violations(closed([1_000, 5_000], 4))).toEqual([
      'the pause before an attempt to connect to the broker was too short: 5 s',
    ]);
  });

  it('if the backoff does not start again after a connection that has held', () => {
    const trace = closed([1_000, 2_000, 4_000]);
    trace.advance(8_000);
    trace.connect();
    trace.advance(70_000);
    trace.disconnect();
    trace.advance(9_000);
    trace.connectAttempt();
    expect(violations(trace)).toEqual([
      'the pause before an attempt to connect to the broker was too long: 9 s',
    ]);
  });

  it('if the client connects during a scan, or restarts scan or adapter too early', () => {
    const scanning = TraceBuilder.riding();
    scanning.linkDown();
    scanning.record({ type: 'scan', on: true });
    scanning.advance(1_000);
    scanning.record({ type: 'link.attempt' });
    scanning.advance(1_000);
    scanning.record({ type: 'scan', on: false });
    expect(violations(scanning)).toEqual(['the client tried to connect during a scan: 1 s before its end']);

    const scans = TraceBuilder.riding();
    repeat(scans, { type: 'scan', on: true }, 2, 1_000);
    expect(violations(scans)).toEqual(['the client restarted the scan too early: 1 s']);

    const opens = TraceBuilder.riding();
    repeat(opens, { type: 'adapter.opened' }, 2, 10_000);
    expect(violations(opens)).toContain('the client restarted the adapter too early: 10 s');
  });

  it('if a silent block is asked with each poll', () => {
    const trace = TraceBuilder.riding();
    trace.silentBlocks.add('battery');
    for (let poll = 0; poll < 4; poll++) {
      trace.withhold('battery', 0);
      trace.advance(5_000);
    }
    expect(violations(trace)[0]).toContain('the client asked a silent block too often');
  });

  it('if a silent block is asked again and again while the others are answered', () => {
    const trace = TraceBuilder.riding();
    trace.scooterAnswers = false;
    trace.advance(30_000);
    askSilent(trace, 'range', 4);
    expect(violations(trace)).toEqual(['the client asked a silent block too often: 4 requests in 3 s']);
  });

  it('if the keystream is asked for without end', () => {
    const trace = TraceBuilder.riding();
    repeat(trace, { type: 'reply.withheld', device: 'bms', register: 0x50 }, 10, 1_000);
    expect(violations(trace)[0]).toContain('the client repeated an unanswered request too often');
  });

  it('if lost chunks are requested for ever', () => {
    const trace = TraceBuilder.riding();
    repeat(trace, { type: 'chunks.requested' }, 19, 10);
    expect(violations(trace)).toEqual(['the client requested lost chunks too often: 19 requests']);
  });

  it.each([
    ['radio.gap', 1],
    ['adapter.mute', 0],
  ] as const)('if missed polls are made up for, but not for replies lost in %s', (fault, count) => {
    const trace = TraceBuilder.riding();
    trace.faultFor(fault, 100);
    trace.advance(900);
    for (let poll = 0; poll < 2; poll++) {
      trace.delayNextPoll(-4_000);
      trace.advance(1_000);
    }
    trace.advance(5_000);
    const bursts = violations(trace).filter((what) =>
      what.startsWith('the client polled the scooter in a burst'),
    );
    expect(bursts).toHaveLength(count);
  });

  it('if a backlog is published faster than the drain rate although the broker is slow', () => {
    const trace = closed([1_000, 2_000, 4_000, 8_000, 600_000], undefined, { mqtt: 'drain_rate = 1' });
    trace.beginFault('broker.lag');
    trace.advance(1_000);
    trace.connect();
    trace.advance(5_000);
    expect(violations(trace)).toContainEqual(
      expect.stringContaining('samples were published faster than the drain rate'),
    );
  });

  it('if a backlog is published faster than the drain rate', () => {
    const trace = closed([1_000, 2_000, 4_000, 8_000, 16_000], undefined, { mqtt: 'drain_rate = 1' });
    trace.advance(1_000);
    trace.connect();
    trace.advance(5_000);
    expect(violations(trace)).toEqual([
      expect.stringContaining('samples were published faster than the drain rate'),
    ]);
  });

  it('if a sample is published again on the same connection', () => {
    const trace = TraceBuilder.riding();
    const sample = trace.events.findLast(
      (event) => event.type === 'received' && event.topic === trace.topicOf('journal'),
    );
    if (sample) trace.record(sample);
    expect(violations(trace)).toEqual([expect.stringContaining('was published again')]);
  });

  it('if the client runs in a loop', () => {
    const trace = TraceBuilder.riding();
    trace.record({ type: 'client.looped', callbacks: 7_501, overMs: 7_504 });
    expect(trace.result('S9').violations).toEqual([
      {
        atMs: 30_000,
        what: 'the client ran in a loop, without a pause',
        bound: '7500 callbacks in 10 s',
        measured: '7501 callbacks in 7.504 s',
      },
    ]);
  });

  it('if the receiver is opened without a pause', () => {
    const trace = TraceBuilder.riding();
    trace.gps = 'not received';
    repeat(trace, { type: 'gps.opened' }, 2, 1_000);
    expect(violations(trace)).toContain('the pause before the receiver was opened again was too short: 1 s');
  });

  it('if the client logs each sample of a quiet ride', () => {
    const trace = TraceBuilder.riding();
    trace.advance(120_000);
    repeat(trace, { type: 'log', level: 'info', message: 'samples since the last report' }, 3, 5_000);
    expect(violations(trace)).toEqual([
      'the client wrote too many log lines while nothing happened: 3 lines in 10 s',
    ]);
  });

  it('if the client logs more than a line about each change of a quiet ride', () => {
    const trace = eventful(quiet());
    repeat(trace, LINE, 1, 1_000);
    expect(violations(trace)).toEqual([
      expect.stringMatching(/^the client wrote too many log lines while nothing happened: 6 lines/),
    ]);
  });

  it('if the client logs each time that a silent block stays silent', () => {
    const trace = quiet();
    trace.silentBlocks.add('range');
    trace.advance(10_000);
    for (let minute = 0; minute < 4; minute++) {
      trace.withhold('range', 0);
      repeat(trace, LINE, 1, 60_000);
    }
    expect(violations(trace)).toEqual([
      expect.stringMatching(/^the client wrote too many log lines while nothing happened: 4 lines/),
    ]);
  });

  it('if a link ends although nothing is wrong', () => {
    const trace = TraceBuilder.riding();
    trace.endFault(trace.beginFault('scooter.park'));
    trace.advance(1_000);
    trace.linkDown();
    trace.advance(1_000);
    trace.linkUp();
    trace.advance(30_000);
    expect(violations(trace)).toEqual([
      'the link to the scooter ended although nothing was wrong: none active',
    ]);
  });
});
