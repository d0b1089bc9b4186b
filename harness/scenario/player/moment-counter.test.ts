import { describe, expect, it } from 'vitest';
import { readScenario } from '../format/load.ts';
import { runScenario } from './run.ts';

/** Times at which a fault began that waits for a moment. */
async function beginnings(...keys: string[]): Promise<readonly number[]> {
  const head = ['title = "t"', 'duration = "40 s"', '[[step]]', 'at = 0', 'fault = "scooter.warning"'];
  const restart = ['[[step]]', 'at = 20', 'fault = "client.restart"'];
  const text = [...head, 'for = 0.1', ...keys, ...restart].join('\n');
  const { events } = await runScenario(readScenario(text, 't'));
  return events.flatMap(({ type, atMs, ...event }) =>
    type === 'fault.began' && 'step' in event && event.step === 1 ? [atMs] : [],
  );
}

describe('a fault that waits for a moment', () => {
  it('begins during the login, one packet after the other', async () => {
    const [first = 0] = await beginnings('on = "login"', 'nth = 1');
    const [later = 0] = await beginnings('on = "login"', 'nth = 20');
    expect([first > 220, later > first, later < 850]).toEqual([true, true, true]);
  });

  it.each([
    ['connect', 5, 220, 670],
    ['poll', 2, 850, 1_200],
    ['drain', 2, 5_000, 7_000],
    ['stop', 1, 20_000, 20_010],
  ])('begins in the phase %s with number %d', async (on, nth, fromMs, toMs) => {
    const [atMs = -1] = await beginnings(`on = "${on}"`, `nth = ${nth}`);
    expect([atMs >= fromMs, atMs <= toMs]).toEqual([true, true]);
  });

  it('begins once, and in a later phase if the first one does not last as long', async () => {
    const afterRestart = await beginnings('on = "drain"', 'nth = 4', 'wait = 30');
    expect(afterRestart).toHaveLength(1);
    expect(await beginnings('on = "start"', 'nth = 2')).toEqual([20_105]);
  });

  it('does not begin if the moment has not come in time', async () => {
    expect(await beginnings('on = "stop"', 'wait = 10')).toEqual([]);
  });
});
