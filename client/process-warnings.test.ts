import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { onProcessWarning } from './process-warnings.ts';

const printer = vi.fn();
let others: ((warning: Error) => void)[];
beforeEach(() => {
  printer.mockReset();
  others = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', printer);
});
afterEach(() => {
  process.removeAllListeners('warning');
  for (const other of others) process.on('warning', other);
});

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

it('a warning of the process is passed on instead of being printed, until that is undone', async () => {
  const listener = vi.fn();
  const restore = onProcessWarning(listener);
  process.emitWarning('too many listeners', 'MaxListenersExceededWarning');
  await nextTurn();
  expect(listener).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ name: 'MaxListenersExceededWarning', message: 'too many listeners' }),
  );
  expect(printer).not.toHaveBeenCalled();
  restore();
  process.emitWarning('another one');
  await nextTurn();
  expect(listener).toHaveBeenCalledOnce();
  expect(printer).toHaveBeenCalledOnce();
});
