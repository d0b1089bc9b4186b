import { fork, type ChildProcess } from 'node:child_process';

/**
 * Starts a module in a child process with an IPC channel.
 * @param onStderr gets what the child writes to stderr
 */
export function forkModule(
  module: URL,
  execArgv: readonly string[],
  onStderr: (text: string) => void,
): ChildProcess {
  const child = fork(module, { execArgv: [...execArgv], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  child.stderr?.setEncoding('utf8').on('data', onStderr);
  // A child that cannot be reached is killed, so that it closes.
  child.on('error', () => child.kill('SIGKILL'));
  return child;
}
