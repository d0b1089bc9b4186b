import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type * as Built from '../../../client/cli.ts';
import { loadConfig } from '../../../client/config/load.ts';
import { systemRandom } from '../../../client/random.ts';
import { writeToken } from '../../../client/token-file.ts';
import { TOKEN_BYTES } from '../../../protocol/keys.ts';
import { Subscriber } from '../../world/broker/virtual-broker.ts';
import { World } from '../../world/world.ts';
import { median, type Figure } from './figure.ts';

const RUNS = 5;
const TARGET_S = 2;
const BUILT = new URL('../../../dist/client/', import.meta.url);

/**
 * Time from the start of the process, with a token, to the first sample at the broker: loading of the built client in a
 * process of its own, plus a run in a virtual world in real time.
 */
export async function coldStartFigures(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'martinete-bench-'));
  try {
    const configPath = join(folder, 'martinete.toml');
    copyFileSync('martinete.toml', configPath);
    const loads = await repeat(() => loadTime(configPath));
    const rides = await repeat(() => timeToFirstSample(configPath));
    const load = median(loads);
    const ride = median(rides);
    return [
      {
        what: 'cold start with a token → first sample published, virtual radio, real time',
        unit: 's',
        measured: load + ride,
        target: { below: TARGET_S },
      },
      { what: '… of which process start and module loading', unit: 's', measured: load },
      { what: '… of which scan, connect, discover, log in, poll and publish', unit: 's', measured: ride },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function repeat(measure: () => Promise<number>): Promise<number[]> {
  const seconds: number[] = [];
  for (let run = 0; run < RUNS; run++) seconds.push(await measure());
  return seconds;
}

async function loadTime(configPath: string): Promise<number> {
  const beganMs = performance.now();
  await promisify(execFile)(process.execPath, [
    new URL('main.js', BUILT).pathname,
    'config',
    'check',
    '--config',
    configPath,
  ]);
  return (performance.now() - beganMs) / 1000;
}

async function timeToFirstSample(configPath: string): Promise<number> {
  const { main } = (await import(new URL('cli.js', BUILT).href)) as typeof Built;
  const config = loadConfig(configPath);
  const token = systemRandom.bytes(TOKEN_BYTES);
  writeToken(config.scooter.tokenFilePath, token, { overwrite: true });
  const world = await World.start({ seed: 1, config, token });
  const stop = new AbortController();
  let firstMs = NaN;
  const subscriber = new Subscriber(world.broker.open, {
    url: config.mqtt.broker,
    topic: config.mqtt.topic,
    onMessage: () => {
      firstMs = performance.now();
      stop.abort();
    },
  });
  const beganMs = performance.now();
  await main(['run', '--config', configPath], world.platform, stop.signal);
  await subscriber.close();
  await world.close();
  return (firstMs - beganMs) / 1000;
}
