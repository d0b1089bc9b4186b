import { describe, expect, it } from 'vitest';
import { coloured, plain } from './colours.ts';
import { createTerminal } from './terminal.ts';

function recording(isTTY: boolean, env: NodeJS.ProcessEnv = {}) {
  const written: string[] = [];
  const stream = { isTTY, columns: 90, write: (text: string) => written.push(text) > 0 };
  return { terminal: createTerminal(stream, env), text: () => written.join('') };
}

describe('report output', () => {
  it('has colours on a terminal only, and not if NO_COLOR is set', () => {
    expect(recording(true).terminal.paint).toBe(coloured);
    expect(recording(false).terminal.paint).toBe(plain);
    expect(recording(true, { NO_COLOR: '1' }).terminal.paint).toBe(plain);
    expect(recording(true, { NO_COLOR: '' }).terminal.paint).toBe(coloured);
  });

  it('shows progress in one line, which the next output replaces', () => {
    const { terminal, text } = recording(true);
    terminal.showProgress('1 of 2');
    terminal.showProgress('2 of 2');
    terminal.print('done', 'in time');
    expect(text()).toBe('1 of 2\r\u001b[K2 of 2\r\u001b[Kdone\nin time\n');
  });

  it('keeps progress out of a pipe', () => {
    const { terminal, text } = recording(false);
    terminal.showProgress('1 of 2');
    terminal.print('done');
    expect(text()).toBe('done\n');
  });
});
