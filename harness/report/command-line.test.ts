import { EventEmitter } from 'node:events';
import { Command } from 'commander';
import { describe, expect, it, vi } from 'vitest';
import { ClientError } from '../../client/errors.ts';
import { pause } from '../../client/wait.ts';
import { runProgram, seedArgument, speedArgument, stopSignal } from './command-line.ts';

/** Parses the command line of this process, which is that of the test runner. */
function program(): Command {
  return new Command('test')
    .allowUnknownOption()
    .allowExcessArguments()
    .configureOutput({ writeErr: () => undefined });
}

/** A fake process whose events request a stop. */
function stopping() {
  return Object.assign(new EventEmitter(), { stdout: new EventEmitter() });
}

describe('a command of the harness', () => {
  it('exits with 0 if everything passed, and with 1 if not', async () => {
    expect(await runProgram(program(), () => Promise.resolve(true))).toBe(0);
    expect(await runProgram(program(), () => Promise.resolve(false))).toBe(1);
  });

  it('exits with 64 if a required option is missing', async () => {
    const act = vi.fn(() => Promise.resolve(true));
    expect(await runProgram(program().requiredOption('--needed <value>'), act)).toBe(64);
    expect(act).not.toHaveBeenCalled();
  });

  it('exits with 78 on an invalid file, and reports what is wrong', async () => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const code = await runProgram(program(), () => Promise.reject(new ClientError('config', 'no such key')));
    expect(stderr.mock.calls).toEqual([['test: no such key.\n']]);
    expect(code).toBe(78);
    stderr.mockRestore();
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('exits with 128 plus the signal number after %s', async (signal, expected) => {
    const by = stopping();
    const code = runProgram(program(), () => pause(60_000, stopSignal(by)).then(() => true));
    by.emit(signal);
    expect(await code).toBe(expected);
  });

  it('exits without an error message if its stdout is closed', async () => {
    const by = stopping();
    const code = runProgram(program(), () => pause(60_000, stopSignal(by)).then(() => true));
    by.stdout.emit('error', new Error('EPIPE'));
    expect(await code).toBe(141);
  });

  it('accepts only valid numbers', () => {
    expect(seedArgument('0')).toBe(0);
    expect(() => seedArgument('-1')).toThrow('whole number');
    expect(() => seedArgument('0x10')).toThrow('whole number');
    expect(speedArgument('0.5')).toBe(0.5);
    expect(() => speedArgument('0')).toThrow('above 0');
    expect(() => speedArgument('1e9')).toThrow('above 0');
  });
});
