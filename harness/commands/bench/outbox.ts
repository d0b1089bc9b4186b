import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { Outbox } from '../../../client/outbox/outbox.ts';
import { median, type Figure } from './figure.ts';
import type { DrainJob, DrainResult } from './drain-child.ts';
import { startBrokerProcess } from './broker-process.ts';
import { mountLoopDevice, type LoopDevice } from './loop-device.ts';
import { outboxOptions } from './outbox-options.ts';
import type { WriteJob, WriteResult } from './write-child.ts';

const APPENDS = 400;
const MAX_APPEND_RATIO = 3;
const DRAINED = 20_000;
const MIN_DRAIN_PER_S = 5_000;
/** One sample every 5 s. */
const WEEK = 120_960;
const MAX_WEEK_S = 60;
const MAX_RSS_MB = 150;
/** About as long as a sample. */
const PAYLOAD = JSON.stringify({ filler: 'x'.repeat(600) });
/** Samples of which it is measured what reaches the disk. */
const WRITTEN = 1_000;
/** A loss window to compare with none. */
const SYNC_INTERVAL_S = 60;
const WRITE_CHILD = new URL('./write-child.ts', import.meta.url);
const FILL_CHILD = new URL('./fill-child.ts', import.meta.url);
/** Compiled, so that its memory does not include the loader of TypeScript. */
const DRAIN_CHILD = new URL('../../../build/bench/harness/commands/bench/drain-child.js', import.meta.url);

/** Compares an append with a bare write, and measures the delivery of a backlog to a broker in another process. */
export async function outboxFigures(): Promise<Figure[]> {
  mkdirSync('.martinete', { recursive: true });
  const folder = mkdtempSync(join('.martinete', 'bench-'));
  try {
    const [append, bare] = await appendTimes(folder);
    const quick = await drainOf(join(folder, 'quick'), DRAINED);
    const week = await drainOf(join(folder, 'week'), WEEK);
    const writes = existsSync('/proc/self/io') ? await writeFigures(folder) : [];
    return [
      { what: 'outbox append with sync, median', unit: 'ms', measured: append },
      { what: 'write + fdatasync of the same size, median', unit: 'ms', measured: bare },
      {
        what: 'append ÷ bare write',
        unit: '×',
        measured: append / bare,
        target: { below: MAX_APPEND_RATIO },
      },
      {
        what: `outbox drain to a local broker, ${DRAINED} samples`,
        unit: '/s',
        measured: DRAINED / quick.seconds,
        target: { atLeast: MIN_DRAIN_PER_S },
      },
      {
        what: `a week of backlog (${WEEK} samples) drained`,
        unit: 's',
        measured: week.seconds,
        target: { below: MAX_WEEK_S },
      },
      {
        what: '… peak memory (RSS)',
        unit: 'MB',
        measured: week.maxRssMb,
        target: { below: MAX_RSS_MB },
      },
      ...writes,
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Medians in milliseconds. The two alternate, so that other load affects both. */
async function appendTimes(folder: string): Promise<[append: number, bare: number]> {
  const outbox = Outbox.start(outboxOptions(join(folder, 'append')));
  await outbox.settled();
  const file = openSync(join(folder, 'bare'), 'a');
  const appends: number[] = [];
  const bares: number[] = [];
  for (let index = 0; index < APPENDS; index++) {
    const beganMs = performance.now();
    await outbox.append(() => PAYLOAD);
    const betweenMs = performance.now();
    writeSync(file, PAYLOAD);
    fdatasyncSync(file);
    appends.push(betweenMs - beganMs);
    bares.push(performance.now() - betweenMs);
  }
  closeSync(file);
  await outbox.close();
  return [median(appends), median(bares)];
}

/** What one sample costs the disk while the broker is connected. */
async function writeFigures(folder: string): Promise<Figure[]> {
  const figures: Figure[] = [{ what: 'payload of a sample', unit: 'bytes', measured: PAYLOAD.length }];
  const device = mountLoopDevice(folder);
  try {
    for (const seconds of [0, SYNC_INTERVAL_S])
      figures.push(...(await writeFiguresOf(device?.folder ?? folder, seconds, device)));
  } finally {
    device?.unmount();
  }
  return figures;
}

async function writeFiguresOf(
  folder: string,
  syncIntervalS: number,
  device: LoopDevice | undefined,
): Promise<Figure[]> {
  const job: WriteJob = {
    path: join(folder, `write-${syncIntervalS}`),
    payload: PAYLOAD,
    count: WRITTEN,
    syncIntervalMs: 1_000 * syncIntervalS,
  };
  const before = device?.written() ?? 0;
  const { written, dirtied } = await resultOf<WriteResult>(fork(WRITE_CHILD, [JSON.stringify(job)]));
  const rows: [what: string, bytes: number][] = [
    ['bytes handed to write()', written],
    ['write_bytes of /proc/PID/io', dirtied],
  ];
  if (device) rows.push(['bytes written to the block device', device.written() - before]);
  return rows.map(([what, bytes]) => ({
    what: `${what} per sample, sync_interval = ${syncIntervalS}`,
    unit: 'bytes',
    measured: bytes / WRITTEN,
  }));
}

async function resultOf<Result>(child: ChildProcess): Promise<Result> {
  return await new Promise<Result>((resolve, reject) => {
    child.once('message', (result) => resolve(result as Result));
    child.once('exit', (code) => reject(new Error(`The measurement ended with ${String(code)}`)));
  });
}

async function drainOf(path: string, count: number): Promise<DrainResult> {
  const broker = await startBrokerProcess();
  try {
    await once(fork(FILL_CHILD, [path, String(count), PAYLOAD]), 'exit');
    const job: DrainJob = { path, url: broker.url };
    return await resultOf<DrainResult>(fork(DRAIN_CHILD, [JSON.stringify(job)], { execArgv: [] }));
  } finally {
    broker.stop();
  }
}
