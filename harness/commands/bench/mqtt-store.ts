import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Figure } from './figure.ts';

const CHILD = new URL('./mqtt-store-child.ts', import.meta.url);

interface Result {
  readonly samples: number;
  readonly mqttJs: number;
  readonly outbox: number;
}

/** What arrives of a ride with a broker outage and a power cut in the middle of it, with either store. */
export async function mqttStoreFigures(): Promise<Figure[]> {
  const child = fork(CHILD);
  const [{ samples, mqttJs, outbox }] = (await once(child, 'message')) as [Result];
  const what = `of ${samples} samples, broker away for 150 of them, power cut in between`;
  return [
    { what: `arrive ${what}: the outbox`, unit: 'samples', measured: outbox, target: { atLeast: samples } },
    { what: `arrive ${what}: mqtt.js' own store`, unit: 'samples', measured: mqttJs },
  ];
}
