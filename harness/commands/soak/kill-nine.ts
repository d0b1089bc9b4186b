import { execFile, fork } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Aedes } from 'aedes';
import type { SampleId } from '../../../client/outbox/stored-sample.ts';
import { writeToken } from '../../../client/token-file.ts';
import { TOKEN_BYTES } from '../../../protocol/keys.ts';
import { seededRandom } from '../../world/random.ts';
import type { SoakResult } from './result.ts';

const TOPIC = 'soak/journal';
const SEND_INTERVAL_S = 0.1;
/** Long enough to log in, and short enough to be killed during normal operation. */
const RUN_MS = { shortest: 1_200, longest: 2_800 } as const;
/** Share of runs during which the broker is stopped, so that there is a backlog. */
const BROKER_AWAY_SHARE = 0.3;
/** Share of runs in which the disk fails for a while. They are longer, so that the client also sees it work again. */
const DISK_FAULT_SHARE = 0.3;
const DISK_FAULT_EXTRA_MS = 4_000;
/** Limits the size of the files that a process may write: every write beyond fails, as on a full disk. */
const PRLIMIT = '/usr/bin/prlimit';
const MAX_FILE_BYTES = 10;
const LAST_RUN_MS = 30_000;
/** Number of clients that run at the same time, each with a broker of its own. */
const PARALLEL_CLIENTS = 2;
const CHILD = new URL('../../../build/soak/harness/commands/soak/client-child.js', import.meta.url);

interface ClientResult {
  /** Number of runs in which the disk failed. */
  readonly faults: number;
  readonly stored: number;
  readonly received: number;
  /** Stored, but never received. */
  readonly lost: readonly SampleId[];
  /** First deliveries after one with a higher sequence number of the same process. */
  readonly outOfOrder: readonly SampleId[];
  /** Number of sequence numbers that are missing below the highest received one of each process. */
  readonly gaps: number;
}

/** Starts and kills complete clients `starts` times in all. No stored sample may be lost. */
export async function killNine(starts: number, seed: number, signal: AbortSignal): Promise<SoakResult> {
  const startsPerClient = Math.ceil(starts / PARALLEL_CLIENTS);
  const running = Array.from({ length: PARALLEL_CLIENTS }, (_, index) =>
    runClient(startsPerClient, seed + index, signal),
  );
  // Each removes its files before the result is reported.
  await Promise.allSettled(running);
  const results = await Promise.all(running);
  const sum = (count: (client: ClientResult) => number): number =>
    results.reduce((total, client) => total + count(client), 0);
  const taken = sum((client) => client.stored);
  const lost = sum((client) => client.lost.length);
  const outOfOrder = sum((client) => client.outOfOrder.length);
  const gaps = sum((client) => client.gaps);
  return {
    passed: taken > 0 && lost + outOfOrder + gaps === 0,
    lines: [
      `${PARALLEL_CLIENTS * startsPerClient} processes ended by kill -9, ${sum((client) => client.faults)} of them on a disk that failed for a while: ` +
        `${taken} samples stored, ${sum((client) => client.received)} received, ${lost} lost, ${outOfOrder} out of order, ${gaps} gaps`,
    ],
  };
}

/**
 * Starts the complete client `starts` times with a real database and a real network, and ends each process with SIGKILL at a
 * random time. Then runs it once more, and compares the stored samples with the received ones.
 */
async function runClient(starts: number, seed: number, signal: AbortSignal): Promise<ClientResult> {
  mkdirSync('.martinete', { recursive: true });
  const folder = mkdtempSync(join('.martinete', 'soak-'));
  const random = seededRandom(seed);
  const broker = await SoakBroker.start();
  const taken = new Set<string>();
  let faults = 0;
  try {
    const configPath = join(folder, 'martinete.toml');
    writeToken(join(folder, '.mi-token'), random.bytes(TOKEN_BYTES), { overwrite: true });
    writeFileSync(configPath, configOf(broker.port));
    for (let run = 0; run < starts; run++) {
      broker.isStopped = random.unit() < BROKER_AWAY_SHARE;
      const runMs = RUN_MS.shortest + random.unit() * (RUN_MS.longest - RUN_MS.shortest);
      const diskFault = existsSync(PRLIMIT) && random.unit() < DISK_FAULT_SHARE;
      if (diskFault) faults += 1;
      await runUntilKilled(configPath, {
        runMs: runMs + (diskFault ? DISK_FAULT_EXTRA_MS : 0),
        taken,
        signal,
        ...(diskFault && { diskFault: { beginMs: random.unit() * runMs, endMs: runMs } }),
      });
    }
    broker.isStopped = false;
    const missing = (): string[] => [...taken].filter((id) => !broker.first.has(id));
    const isDone = (): boolean => taken.size > 0 && broker.first.size > 0 && missing().length === 0;
    await runUntilKilled(configPath, { runMs: LAST_RUN_MS, taken, signal, isDone });
    return {
      faults,
      stored: taken.size,
      received: broker.first.size,
      ...compare(missing(), [...broker.first]),
    };
  } finally {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Run {
  readonly runMs: number;
  /** Collects the stored samples. */
  readonly taken: Set<string>;
  readonly signal: AbortSignal;
  readonly isDone?: () => boolean;
  /** When every write to the disk fails. */
  readonly diskFault?: { readonly beginMs: number; readonly endMs: number };
}

/** Runs the client until SIGKILL after `runMs`, or as soon as `isDone`. */
async function runUntilKilled(
  configPath: string,
  { runMs, taken, signal, isDone, diskFault }: Run,
): Promise<void> {
  const child = fork(CHILD, [configPath], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    signal,
    killSignal: 'SIGKILL',
  });
  await new Promise<void>((resolve, reject) => {
    const kill = (): void => void child.kill('SIGKILL');
    const limit = (bytes: number | 'unlimited') => () => {
      execFile(PRLIMIT, ['--pid', String(child.pid), `--fsize=${bytes}:`], () => undefined);
    };
    const timers = [
      setTimeout(kill, runMs),
      ...(diskFault
        ? [
            setTimeout(limit(MAX_FILE_BYTES), diskFault.beginMs),
            setTimeout(limit('unlimited'), diskFault.endMs),
          ]
        : []),
    ];
    const check = setInterval(() => isDone?.() && kill(), 100);
    child.on('message', (sample) => taken.add(nameOf(sample as SampleId)));
    child.once('error', reject);
    child.once('exit', (code) => {
      for (const timer of timers) clearTimeout(timer);
      clearInterval(check);
      if (code === null) resolve();
      else reject(new Error(`The client ended by itself, with ${code}`));
    });
  });
}

function configOf(port: number): string {
  return [
    '[mqtt]',
    `broker = "mqtt://127.0.0.1:${port}"`,
    `topic = "${TOPIC}"`,
    `send_interval = ${SEND_INTERVAL_S}`,
    'reconnect_min = 0.1',
    'reconnect_max = 0.2',
    'drain_rate = 2000',
    '[scooter]',
    'mac = "c8f09e000001"',
    'adapter = "virtual"',
    '',
  ].join('\n');
}

const nameOf = ({ bootId, seq }: SampleId): string => `${bootId} ${seq}`;

function idOf(name: string): SampleId {
  const [bootId = '', seq] = name.split(' ');
  return { bootId, seq: Number(seq) };
}

function compare(missing: string[], firsts: string[]): Pick<ClientResult, 'lost' | 'outOfOrder' | 'gaps'> {
  const highest = new Map<string, number>();
  const counts = new Map<string, number>();
  const outOfOrder: SampleId[] = [];
  for (const id of firsts.map(idOf)) {
    const before = highest.get(id.bootId) ?? 0;
    if (id.seq < before) outOfOrder.push(id);
    highest.set(id.bootId, Math.max(before, id.seq));
    counts.set(id.bootId, (counts.get(id.bootId) ?? 0) + 1);
  }
  const gaps = [...highest].reduce((sum, [bootId, seq]) => sum + seq - (counts.get(bootId) ?? 0), 0);
  return { lost: missing.map(idOf), outOfOrder, gaps };
}

/** An Aedes broker on a real socket, which can refuse connections. */
class SoakBroker {
  /** Samples in the order of their first delivery. */
  readonly first = new Set<string>();
  isStopped = false;
  readonly #aedes: Aedes;
  readonly #server = createServer((socket) => {
    if (this.isStopped) socket.destroy();
    else this.#aedes.handle(socket);
  });

  private constructor(aedes: Aedes) {
    this.#aedes = aedes;
    aedes.on('publish', ({ topic, payload }) => {
      if (topic !== TOPIC) return;
      const { boot_id: bootId, seq } = JSON.parse(payload.toString()) as { boot_id: string; seq: number };
      this.first.add(nameOf({ bootId, seq }));
    });
  }

  static async start(): Promise<SoakBroker> {
    const broker = new SoakBroker(await Aedes.createBroker({ id: 'soak-broker' }));
    await new Promise<void>((resolve) => broker.#server.listen(0, '127.0.0.1', resolve));
    return broker;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.close();
    await new Promise<void>((resolve) => this.#aedes.close(() => resolve()));
  }
}
