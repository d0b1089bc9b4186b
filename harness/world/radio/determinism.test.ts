import { describe, expect, it } from 'vitest';
import { Bench } from './testing/bench.ts';
import { transcript } from './testing/recording.ts';

/** Everything between chips and hosts while noble scans, connects, talks, is cut off and comes back. */
async function story(seed: number): Promise<string[]> {
  const bench = new Bench({ seed });
  try {
    const scooter = await bench.peripheral();
    scooter.onWrite = (data) => scooter.notify(data);
    const central = await bench.central();
    for (let round = 0; round < 3; round++) {
      bench.air.conditions.loss = 0.1;
      await central.scan(1000);
      // A lost connection request would end the story.
      bench.air.conditions.loss = 0;
      const { characteristic, peripheral } = await central.open();
      bench.air.conditions.loss = 0.1;
      for (let index = 0; index < 10; index++) {
        characteristic.write(Buffer.from(`write ${index}`), true, () => undefined);
        await bench.clock.advance(50);
      }
      const unblock = bench.air.block(scooter.controller);
      await bench.clock.advance(1000);
      unblock();
      await bench.clock.advance(100);
      await central.disconnect(peripheral);
    }
    return [...transcript(scooter.packets), ...transcript(central.packets)];
  } finally {
    bench.close();
  }
}

describe('a seed', () => {
  it('replays the same bytes at the same times', async () => {
    const first = await story(7);
    expect(first.length).toBeGreaterThan(300);
    expect(await story(7)).toEqual(first);
  });

  it('is what it depends on: another one gives another story', async () => {
    expect(await story(8)).not.toEqual(await story(7));
  });
});
