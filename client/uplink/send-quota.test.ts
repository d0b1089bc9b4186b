import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SendQuota, type Priority } from './send-quota.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Requests slots, and records the order in which they are granted. */
class Requests {
  readonly granted: string[] = [];
  readonly #quota: SendQuota;
  readonly #stop = new AbortController();
  readonly #release: (() => void)[] = [];

  constructor(receiveMaximum: number) {
    this.#quota = new SendQuota(receiveMaximum);
  }

  async request(name: string, priority: Priority): Promise<void> {
    this.#quota.acquire(priority, [this.#stop.signal]).then(
      (release) => {
        this.granted.push(name);
        this.#release.push(release);
      },
      () => undefined,
    );
    await vi.advanceTimersByTimeAsync(0);
  }

  /** Frees the slot that has been in use for longest. */
  async release(): Promise<void> {
    this.#release.shift()?.();
    await vi.advanceTimersByTimeAsync(0);
  }

  used(priority: Priority): number {
    return this.#quota.used(priority);
  }
}

describe('the quota of messages in flight', () => {
  it('gives a free slot to a waiting sample before other messages', async () => {
    const requests = new Requests(1);
    await requests.request('sample 1', 'journal');
    await requests.request('health', 'other');
    await requests.request('sample 2', 'journal');
    await requests.release();
    await requests.release();
    expect(requests.granted).toEqual(['sample 1', 'sample 2', 'health']);
  });

  it('gives a free slot to another message that has waited for more than 5 s', async () => {
    const requests = new Requests(1);
    await requests.request('sample 1', 'journal');
    await requests.request('health', 'other');
    await vi.advanceTimersByTimeAsync(5_001);
    await requests.request('sample 2', 'journal');
    await requests.release();
    expect(requests.granted).toEqual(['sample 1', 'health']);
  });

  it('leaves a slot for samples, even if no other message is ever acknowledged', async () => {
    const requests = new Requests(3);
    for (const name of ['status', 'scooter', 'health']) await requests.request(name, 'other');
    await requests.request('sample', 'journal');
    expect(requests.granted).toEqual(['status', 'scooter', 'sample']);
  });

  it('is never exceeded and never leaves a slot unused that somebody waits for', async () => {
    const step = fc.oneof(
      fc.constantFrom<Priority>('journal', 'other').map((priority) => ({ priority })),
      fc.constant({ priority: undefined }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(step, { maxLength: 40 }),
        async (max, steps) => {
          const requests = new Requests(max);
          let [requested, released] = [0, 0];
          for (const { priority } of steps) {
            if (priority) {
              await requests.request(String(requested), priority);
              requested += 1;
            } else if (requests.granted.length > released) {
              await requests.release();
              released += 1;
            }
            const used = requests.used('journal') + requests.used('other');
            expect(used).toBe(requests.granted.length - released);
            expect(used).toBeLessThanOrEqual(max);
          }
          for (let left = requested; left > 0; left -= 1) await requests.release();
          expect(requests.granted).toHaveLength(requested);
        },
      ),
    );
  });
});
