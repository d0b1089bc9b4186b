import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../log.ts';
import { MessageRefused } from './broker-errors.ts';
import { capabilitiesOf } from './capabilities.ts';
import { ConnectionLog } from './connection-log.ts';

const WARN = 40;
const INFO = 30;
const STABLE_MS = 30_000;

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly unloggedInterruptions?: number;
}

/** An interruption: how long the connection had lasted, failed attempts after it, and how long each took. */
interface Interruption {
  readonly upMs: number;
  readonly attempts: number;
  readonly attemptMs: number;
}

/** Returns the lines at level info that a connection with these interruptions causes. */
function logOf(interruptions: readonly (readonly [Interruption, Error])[]): {
  readonly lines: readonly Line[];
  readonly tookMs: number;
} {
  const lines: Line[] = [];
  const sink = { write: (text: string) => lines.push(JSON.parse(text) as Line) };
  let nowMs = 0;
  const log = createLogger({ level: 'info', format: 'json', sink });
  const connection = new ConnectionLog(log, 'tcp://broker', () => nowMs);
  connection.connected(5, capabilitiesOf());
  for (const [{ upMs, attempts, attemptMs }, error] of interruptions) {
    nowMs += upMs;
    if (upMs >= STABLE_MS) connection.stable();
    connection.failed(error);
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      nowMs += attemptMs;
      connection.failed(new Error('connect ECONNREFUSED'));
    }
    connection.connected(5, capabilitiesOf());
  }
  return { lines, tookMs: nowMs };
}

const CLOSED = new Error('The broker closed the connection');
const REFUSED = new MessageRefused('The broker rejects messages', false);

describe('the log of the connection to the broker', () => {
  it('shows each of a few quick restarts of the broker with one line, and each reconnect', () => {
    const restart = { upMs: 1_000, attempts: 2, attemptMs: 1_000 };
    const { lines } = logOf([
      [restart, CLOSED],
      [restart, CLOSED],
      [restart, CLOSED],
    ]);
    expect(lines.map(({ level }) => level)).toEqual([INFO, WARN, INFO, WARN, INFO, WARN, INFO]);
  });

  it('of a broker that is lost all the time has at most 5 interruptions, one more every 10 min, and counts the others', () => {
    const interruption = fc.record({
      upMs: fc.integer({ min: 0, max: 60_000 }),
      attempts: fc.integer({ min: 0, max: 5 }),
      attemptMs: fc.integer({ min: 500, max: 30_000 }),
    });
    const errors = fc.constantFrom(CLOSED, REFUSED);
    const bursts = fc.array(fc.tuple(interruption, errors), { minLength: 1, maxLength: 300, size: 'max' });
    fc.assert(
      fc.property(bursts, (interruptions) => {
        const { lines, tookMs } = logOf(interruptions);
        const lost = lines.filter(({ level }) => level >= WARN);
        // Each refusal is logged as well, though there were others before.
        expect(lost.length).toBeLessThanOrEqual(6 + tookMs / 600_000);
        expect(lines.length).toBeLessThanOrEqual(2 * lost.length + 1);
        const told = lines.reduce((sum, { unloggedInterruptions = 0 }) => sum + unloggedInterruptions, 0);
        expect(lost.length + told).toBeLessThanOrEqual(interruptions.length);
      }),
    );
  });

  it('counts the interruptions that it does not show', () => {
    const interruption = { upMs: 1_000, attempts: 0, attemptMs: 0 };
    const often = Array.from({ length: 20 }, () => [interruption, CLOSED] as const);
    const { lines } = logOf([...often, [{ ...interruption, upMs: 600_000 }, CLOSED]]);
    expect(lines.at(-2)).toMatchObject({ level: WARN, unloggedInterruptions: 15 });
  });

  it('does not show reconnects after which the broker refuses the same messages again', () => {
    const refused = [{ upMs: 1_000, attempts: 0, attemptMs: 0 }, REFUSED] as const;
    const { lines } = logOf([refused, refused, refused]);
    expect(lines.map(({ level }) => level)).toEqual([INFO, WARN]);
  });

  it('shows that a broker which refused messages accepts them again', () => {
    const refused = [{ upMs: 1_000, attempts: 0, attemptMs: 0 }, REFUSED] as const;
    const { lines } = logOf([refused, [{ upMs: STABLE_MS, attempts: 0, attemptMs: 0 }, CLOSED]]);
    expect(lines.map(({ msg }) => msg)).toContain('the connection to the broker is stable');
  });
});
