import { afterEach, expect, it } from 'vitest';
import { FuzzProcess } from './fuzz-process.ts';

const CHILD = new URL('./testing/fake-fuzz-child.ts', import.meta.url);
/** Longer than a process takes to start on a busy machine, if it is not to hang. */
const PATIENT_MS = 600_000;
const HANG_MS = 5_000;

const { signal } = new AbortController();
const running: FuzzProcess[] = [];
afterEach(async () => {
  for (const process of running.splice(0)) await process.end();
});

function processWith(hangMs: number): FuzzProcess {
  const process = new FuzzProcess(CHILD, hangMs);
  running.push(process);
  return process;
}

it('reports what a batch has done, and the blocks that were reached', async () => {
  const process = processWith(PATIENT_MS);
  const outcome = await process.run({ target: 'runs', seed: 1, runs: 7 }, signal);
  expect(outcome).toEqual({ kind: 'result', result: { executions: 7, tallies: {} }, cpuMs: 1 });
  expect(await process.blocks(signal)).toEqual({ 'client/main.ts:0-1': true });
});

it('ends a process that hangs, and finds the input at which it did', async () => {
  const { result } = await processWith(HANG_MS).run({ target: 'hangs', seed: 1, runs: 7 }, signal);
  expect(result.failure).toMatchObject({ input: { bytes: { hex: '00ff' } }, message: 'no progress in 5 s' });
});

it('finds the input at which a process ended, and goes on with another process', async () => {
  const process = processWith(PATIENT_MS);
  const { result } = await process.run({ target: 'crashes', seed: 1, runs: 7 }, signal);
  expect(result.failure).toMatchObject({
    input: { bytes: { hex: '00ff' } },
    message: expect.stringMatching(/exit code 3\nout of memory/) as unknown,
  });
  expect((await process.run({ target: 'runs', seed: 1, runs: 7 }, signal)).result.executions).toBe(7);
});

it('stops on request', async () => {
  const stop = new AbortController();
  const outcome = processWith(PATIENT_MS).run({ target: 'hangs', seed: 1, runs: 7 }, stop.signal);
  stop.abort();
  await expect(outcome).rejects.toMatchObject({ code: 'aborted' });
});
