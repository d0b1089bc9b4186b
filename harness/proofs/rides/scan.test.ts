import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestRide, TOKEN } from './testing/test-ride.ts';

let ride: TestRide;
beforeEach(() => {
  ride = new TestRide();
  ride.configure();
});
afterEach(() => ride.close());

/** Scans for 12 s in the world; resolves to the lines of standard output and of standard error. */
async function scan(): Promise<{ out: readonly string[]; log: readonly string[] }> {
  const { main } = await import('../../../client/cli.ts');
  const output = { out: '', log: '' };
  const platform = {
    ...ride.world.platform,
    out: { write: (text: string) => (output.out += text) },
    log: { write: (text: string) => (output.log += text) },
  };
  const args = ['scan', '--adapter', 'virtual', '--for', '12'];
  await ride.clock.until(main(args, platform, new AbortController().signal));
  const lines = (text: string): readonly string[] => text.split('\n').filter(Boolean);
  return { out: lines(output.out), log: lines(output.log) };
}

it('a scan shows that it goes on until something is found, apart from the list', async () => {
  await ride.start({ token: TOKEN });
  const { out, log } = await scan();
  expect(out).toEqual([expect.stringMatching(/^c8:f0:9e:00:00:01 .*MIScooter0001/)]);
  expect(log).toEqual(['Scanning for 12 s …']);
  ride.world.switchOff();
  expect(await scan()).toEqual({
    out: ['No scooters found. Is it switched on, in range, and not connected to a phone?'],
    log: ['Scanning for 12 s …', 'Nothing found yet, 7 s left …', 'Nothing found yet, 2 s left …'],
  });
});
