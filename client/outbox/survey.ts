import { changed, EMPTY, type Fill } from './bounds.ts';
import { parseKey } from './entry.ts';
import type { Layout } from './layout.ts';

/** How many samples are read at once. */
const CHUNK = 500;

/** What an earlier process has left in a store. */
export interface Survey {
  readonly fill: Fill;
  /** Names of the process starts that samples are left of, by number. */
  readonly bootIds: ReadonlyMap<number, string>;
  /** Numbers of named process starts that no samples are left of. */
  readonly goneBoots: readonly number[];
  /** The highest number that a process start had, wherever it is mentioned: the counter may be lost in a repair. */
  readonly lastBoot: number;
  /** Keys of samples that the disk has spoilt. */
  readonly spoilt: readonly string[];
}

/** Goes through a store once, without holding more than a chunk of it in memory. @throws what the store throws. */
export async function survey({ meta, boots, samples, aside }: Layout): Promise<Survey> {
  let fill = EMPTY;
  const present = new Set<number>();
  const spoilt: string[] = [];
  const iterator = samples.iterator();
  try {
    for (let chunk = await iterator.nextv(CHUNK); chunk.length > 0; chunk = await iterator.nextv(CHUNK)) {
      for (const [key, sample] of chunk) {
        const boot = parseKey(key)?.boot;
        if (boot !== undefined) present.add(boot);
        if (boot === undefined || sample.payload === '') spoilt.push(key);
        else fill = changed(fill, sample, 1);
      }
    }
  } finally {
    await iterator.close();
  }
  const named = new Map((await boots.iterator().all()).map(([boot, name]) => [Number(boot), name]));
  const [lastAside] = await aside.keys({ reverse: true, limit: 1 }).all();
  return {
    fill,
    bootIds: new Map([...named].filter(([boot]) => present.has(boot))),
    goneBoots: [...named.keys()].filter((boot) => !present.has(boot)),
    lastBoot: [
      (await meta.get('boot')) ?? 0,
      lastAside === undefined ? 0 : (parseKey(lastAside)?.boot ?? 0),
      ...named.keys(),
      ...present,
    ].reduce((highest, boot) => Math.max(highest, boot)),
    spoilt,
  };
}
