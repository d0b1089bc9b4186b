import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Figure } from './figure.ts';

const CHILD = new URL('./mqtt-store-child.ts', import.meta.url);

interface Result {
  readonly samples: number;
  readonly mqttJs: number;
  readonly outbox: number;
}

/** Number of samples that arrive after a broker outage with a power cut, with each store. */
export async function mqttStoreFigures(): Promise<Figure[]> {
  const child = fork(CHILD);
  const [{ samples, mqttJs, outbox }] = (await once(child, 'message')) as [Result];
  const what = `of ${samples} samples, broker stopped for 150 of them, power cut in between`;
  return [
    {
      what: `delivered ${what}: the outbox`,
      unit: 'samples',
      measured: outbox,
      target: { atLeast: samples },
    },
    { what: `delivered ${what}: mqtt.js' own store`, unit: 'samples', measured: mqttJs },
  ];
}
