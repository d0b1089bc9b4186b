import { Session } from 'node:inspector';
import { fileURLToPath } from 'node:url';

/** Sources whose blocks are counted: those of both ends, not those that attack them. */
const LAYERS = ['protocol', 'hci', 'client', 'simulator'] as const;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Blocks of code between branches, as V8 counts them: by file and position, whether one was reached. */
export type Blocks = Readonly<Record<string, boolean>>;

interface FunctionCoverage {
  readonly ranges: readonly {
    readonly startOffset: number;
    readonly endOffset: number;
    readonly count: number;
  }[];
}

/** Counts which blocks of our own sources this process reaches. Start it before they are loaded. */
export class CoverageRecorder {
  readonly #session = new Session();

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** The blocks since the last call. The inspector answers its own process before `post` returns. */
  take(): Blocks {
    const blocks: Record<string, boolean> = {};
    this.#session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error) throw error;
      for (const { url, functions } of result) {
        const file = sourceOf(url);
        if (file !== undefined) addBlocks(blocks, file, functions);
      }
    });
    return blocks;
  }
}

/** Path of a source of ours in the project; undefined for anything else. */
function sourceOf(url: string): string | undefined {
  if (!url.startsWith('file:')) return undefined;
  const path = fileURLToPath(url);
  const file = path.startsWith(ROOT) ? path.slice(ROOT.length) : '';
  const isOurs = LAYERS.some((layer) => file.startsWith(`${layer}/`)) && !file.includes('/testing/');
  return isOurs ? file : undefined;
}

function addBlocks(
  blocks: Record<string, boolean>,
  file: string,
  functions: readonly FunctionCoverage[],
): void {
  for (const { ranges } of functions) {
    for (const { startOffset, endOffset, count } of ranges) {
      const block = `${file}:${startOffset}-${endOffset}`;
      blocks[block] = blocks[block] === true || count > 0;
    }
  }
}

/** Adds blocks to those of other processes. */
export function mergeBlocks(into: Map<string, boolean>, blocks: Blocks): void {
  for (const [block, isReached] of Object.entries(blocks))
    into.set(block, into.get(block) === true || isReached);
}
