import { EventEmitter } from 'node:events';
import { Command } from 'commander';
import { describe, expect, it, vi } from 'vitest';
import { ClientError } from '../../client/errors.ts';
import { pause } from '../../client/wait.ts';
import { runProgram, seedArgument, speedArgument, stopSignal } from './command-line.ts';

/** A program with the command line of this process, which is that of the test runner. */
function program(): Command {
  return new Command('test')
    .allowUnknownOption()
    .allowExcessArguments()
    .configureOutput({ writeErr: () => undefined });
}

/** A process that is told to stop by what it emits. */
function stopping() {
  return Object.assign(new EventEmitter(), { stdout: new EventEmitter() });
}

describe('a command of the harness', () => {
  it('ends with 0 where all is well, and with 1 where not', async () => {
    expect(await runProgram(program(), () => Promise.resolve(true))).toBe(0);
    expect(await runProgram(program(), () => Promise.resolve(false))).toBe(1);
  });

  it('ends with 64 where something has to be said on the command line', async () => {
    const act = vi.fn(() => Promise.resolve(true));
    expect(await runProgram(program().requiredOption('--needed <value>'), act)).toBe(64);
    expect(act).not.toHaveBeenCalled();
  });

  it('ends with 78 on a mistaken file, and tells what is wrong', async () => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const code = await runProgram(program(), () => Promise.reject(new ClientError('config', 'no such key')));
    expect(stderr.mock.calls).toEqual([['test: no such key\n']]);
    expect(code).toBe(78);
    stderr.mockRestore();
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('ends as a shell expects it after %s', async (signal, expected) => {
    const by = stopping();
    const code = runProgram(program(), () => pause(60_000, stopSignal(by)).then(() => true));
    by.emit(signal);
    expect(await code).toBe(expected);
  });

  it('ends quietly when nobody reads its output any longer', async () => {
    const by = stopping();
    const code = runProgram(program(), () => pause(60_000, stopSignal(by)).then(() => true));
    by.stdout.emit('error', new Error('EPIPE'));
    expect(await code).toBe(141);
  });

  it('takes only numbers that make sense', () => {
    expect(seedArgument('0')).toBe(0);
    expect(() => seedArgument('-1')).toThrow('whole number');
    expect(() => seedArgument('0x10')).toThrow('whole number');
    expect(speedArgument('0.5')).toBe(0.5);
    expect(() => speedArgument('0')).toThrow('above zero');
    expect(() => speedArgument('1e9')).toThrow('above zero');
  });
});
