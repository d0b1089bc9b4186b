import { describe, expect, it } from 'vitest';
import { receivedSamples } from './testing/received-samples.ts';

const CLOCK = '[clock]\nstart = "2026-12-31T23:59:40Z"\nerror = "-1 h"\nset_after = 20\n';

describe('the clock of a scenario', () => {
  it('is wrong and unsynchronised until it is set, and the satellites have the true time meanwhile', async () => {
    const samples = await receivedSamples(CLOCK);
    const [first, last] = [samples[0], samples.at(-1)];
    expect(first).toMatchObject({ clock_synced: false, gpsinfo: { time: '2026-12-31T23:59:41.000Z' } });
    expect(first?.timestamp).toMatch(/^2026-12-31T22:59:4/);
    expect(last).toMatchObject({ clock_synced: true });
    expect(last?.timestamp).toMatch(/^2027-01-01T00:00:/);
  });

  it.each([
    ['kernel', true],
    ['timesyncd', true],
    ['none', false],
  ])('is synchronised if %s says so', async (service, isSynced) => {
    const samples = await receivedSamples(`[clock]\nservice = "${service}"\n`);
    expect(samples.at(-1)).toMatchObject({ clock_synced: isSynced });
  });
});
