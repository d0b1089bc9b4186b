import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { Command } from 'commander';
import { useUserChannel } from '../../hci/user-channel.ts';
import { codecFigures } from './bench/codec.ts';
import { coldStartFigures } from './bench/cold-start.ts';
import { mqttStoreFigures } from './bench/mqtt-store.ts';
import { outboxFigures } from './bench/outbox.ts';
import { profileFigures } from './bench/profile.ts';
import { recoveryFigures } from './bench/recovery.ts';
import { roundTripFigures } from './bench/round-trips.ts';
import { worldFigures } from './bench/world.ts';
import { meetsTarget, markdownRow, type Figure } from './bench/figure.ts';

useUserChannel();

const PAGE = 'BENCHMARKS.md';
const SUITES = [
  codecFigures,
  roundTripFigures,
  worldFigures,
  profileFigures,
  recoveryFigures,
  coldStartFigures,
  outboxFigures,
  mqttStoreFigures,
];

const { write } = new Command('bench')
  .description('run all benchmarks on the packed build and compare them with their targets')
  .option('--write', `write the figures to ${PAGE}`)
  .parse()
  .opts<{ write?: true }>();

const figures: Figure[] = [];
for (const suite of SUITES) figures.push(...(await suite()));

const [cpu] = cpus();
const page = [
  '# Benchmarks',
  '',
  'Written by `npm run bench -- --write`; `npm run bench` prints the same for your machine.',
  '',
  `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpu?.model ?? 'unknown processor'}, Node ${process.version}`,
  '',
  '| benchmark | measured | target | reached |',
  '| --- | ---: | ---: | --- |',
  ...figures.map(markdownRow),
  '',
].join('\n');

process.stdout.write(page);
if (write) writeFileSync(PAGE, page);
process.exit(figures.every(meetsTarget) ? 0 : 1);
