import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLogger } from '../log.ts';
import { DropLog } from './drop-log.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('logs samples that are dropped after the stop, and does not delay the exit', () => {
  const lines: string[] = [];
  const sink = { write: (line: string) => lines.push(line) };
  const dropLog = new DropLog(createLogger({ level: 'info', format: 'json', sink }));
  dropLog.note([{ bootId: 'a', seq: 1 }], 'disk');
  dropLog.close();
  dropLog.note([{ bootId: 'a', seq: 2 }], 'disk');
  expect(lines).toHaveLength(2);
  expect(vi.getTimerCount()).toBe(0);
});
