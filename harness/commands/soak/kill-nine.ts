import { execFile, fork } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Aedes } from 'aedes';
import type { SampleId } from '../../../client/outbox/sample.ts';
import { writeToken } from '../../../client/token-file.ts';
import { TOKEN_BYTES } from '../../../protocol/keys.ts';
import { seededRandom } from '../../world/random.ts';
import type { SoakResult } from './result.ts';

const TOPIC = 'soak/journal';
const SEND_INTERVAL_S = 0.1;
/** A life is long enough to log in, and short enough to be cut off in the middle of things. */
const LIFE_MS = { shortest: 1_200, longest: 2_800 } as const;
/** The broker is away for a part of the lives, so that there is a backlog to lose. */
const BROKER_AWAY_SHARE = 0.3;
/** In a part of the lives the disk fails for a while; such a life is longer, so that the client sees it work again. */
const DISK_FAULT_SHARE = 0.3;
const DISK_FAULT_LIFE_MS = 4_000;
/** Limits the size of the files that a process may write: every write beyond fails, as on a full disk. */
const PRLIMIT = '/usr/bin/prlimit';
const HARDLY_ANY_BYTES = 10;
const LAST_LIFE_MS = 30_000;
/** Brokers with a client each, side by side. */
const PARALLEL_CLIENTS = 2;
const CHILD = new URL('../../../build/soak/harness/commands/soak/life-child.js', import.meta.url);

interface LaneResult {
  /** Lives in which the disk failed. */
  readonly faults: number;
  readonly taken: number;
  readonly received: number;
  /** Taken, but never received. */
  readonly lost: readonly SampleId[];
  /** First deliveries that came before one of a lower number of the same start. */
  readonly outOfOrder: readonly SampleId[];
  /** Numbers missing between 1 and the highest received of a start. */
  readonly holes: number;
}

/** Lets complete clients live `lives` times in all and kills each life; nothing that was stored may be lost. */
export async function killNine(lives: number, seed: number, signal: AbortSignal): Promise<SoakResult> {
  const perLane = Math.ceil(lives / PARALLEL_CLIENTS);
  const running = Array.from({ length: PARALLEL_CLIENTS }, (_, lane) =>
    killLane(perLane, seed + lane, signal),
  );
  // Each cleans up behind itself before anything is said.
  await Promise.allSettled(running);
  const lanes = await Promise.all(running);
  const sum = (count: (lane: LaneResult) => number): number =>
    lanes.reduce((total, lane) => total + count(lane), 0);
  const taken = sum((lane) => lane.taken);
  const lost = sum((lane) => lane.lost.length);
  const outOfOrder = sum((lane) => lane.outOfOrder.length);
  const holes = sum((lane) => lane.holes);
  return {
    passed: taken > 0 && lost + outOfOrder + holes === 0,
    lines: [
      `${PARALLEL_CLIENTS * perLane} lives ended by kill -9, ${sum((lane) => lane.faults)} of them on a disk that failed for a while: ` +
        `${taken} samples stored, ${sum((lane) => lane.received)} received, ${lost} lost, ${outOfOrder} out of order, ${holes} holes`,
    ],
  };
}

/**
 * Lets the complete client live `lives` times with a real database and a real network, and kills each life with
 * SIGKILL at a random moment; then lets it live once more, undisturbed, and compares what was stored with what a broker
 * received.
 */
async function killLane(lives: number, seed: number, signal: AbortSignal): Promise<LaneResult> {
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
    for (let life = 0; life < lives; life++) {
      broker.isAway = random.unit() < BROKER_AWAY_SHARE;
      const lifeMs = LIFE_MS.shortest + random.unit() * (LIFE_MS.longest - LIFE_MS.shortest);
      const diskFault = existsSync(PRLIMIT) && random.unit() < DISK_FAULT_SHARE;
      if (diskFault) faults += 1;
      await runUntilKilled(configPath, {
        lifeMs: lifeMs + (diskFault ? DISK_FAULT_LIFE_MS : 0),
        taken,
        signal,
        ...(diskFault && { diskFault: { beginMs: random.unit() * lifeMs, endMs: lifeMs } }),
      });
    }
    broker.isAway = false;
    const missing = (): string[] => [...taken].filter((id) => !broker.first.has(id));
    const isDone = (): boolean => taken.size > 0 && broker.first.size > 0 && missing().length === 0;
    await runUntilKilled(configPath, { lifeMs: LAST_LIFE_MS, taken, signal, isDone });
    return {
      faults,
      taken: taken.size,
      received: broker.first.size,
      ...compare(missing(), [...broker.first]),
    };
  } finally {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Life {
  readonly lifeMs: number;
  /** Gets what is stored. */
  readonly taken: Set<string>;
  readonly signal: AbortSignal;
  readonly isDone?: () => boolean;
  /** When the disk takes nothing. */
  readonly diskFault?: { readonly beginMs: number; readonly endMs: number };
}

/** One life, ended by SIGKILL after `lifeMs`, or as soon as `isDone`. */
async function runUntilKilled(
  configPath: string,
  { lifeMs, taken, signal, isDone, diskFault }: Life,
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
      setTimeout(kill, lifeMs),
      ...(diskFault
        ? [
            setTimeout(limit(HARDLY_ANY_BYTES), diskFault.beginMs),
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

function compare(missing: string[], firsts: string[]): Pick<LaneResult, 'lost' | 'outOfOrder' | 'holes'> {
  const highest = new Map<string, number>();
  const counts = new Map<string, number>();
  const outOfOrder: SampleId[] = [];
  for (const id of firsts.map(idOf)) {
    const before = highest.get(id.bootId) ?? 0;
    if (id.seq < before) outOfOrder.push(id);
    highest.set(id.bootId, Math.max(before, id.seq));
    counts.set(id.bootId, (counts.get(id.bootId) ?? 0) + 1);
  }
  const holes = [...highest].reduce((sum, [bootId, seq]) => sum + seq - (counts.get(bootId) ?? 0), 0);
  return { lost: missing.map(idOf), outOfOrder, holes };
}

/** A real Aedes on a real socket, which can turn its clients away. */
class SoakBroker {
  /** Every sample in the order of its first delivery. */
  readonly first = new Set<string>();
  isAway = false;
  readonly #aedes: Aedes;
  readonly #server = createServer((socket) => {
    if (this.isAway) socket.destroy();
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
