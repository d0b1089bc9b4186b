import { spawnSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import { SerialPort } from 'serialport';
import { describe, expect, it } from 'vitest';
import { Pty } from './pty.ts';
import { once, withinDeadline } from '../../../hci/testing/deadline.ts';

const hasPython = spawnSync('python3', ['--version']).error === undefined;
if (!hasPython) process.stderr.write('Tests of pseudo-terminals are skipped: python3 is not installed\n');

const BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

/** Opens it as a serial port, and expects to receive exactly `bytes`. */
async function expectBytes(pty: Pty, bytes: Buffer, messages: EventEmitter): Promise<void> {
  const port = new SerialPort({ path: pty.name, baudRate: 115200, autoOpen: false });
  port.open();
  await once(port, 'open');
  const opened = once(messages, `${pty.name} was opened`);
  pty.send(bytes);
  await opened;
  const received = new Promise<Buffer>((resolve) => {
    let all = Buffer.alloc(0);
    port.on('data', (chunk: Buffer) => {
      all = Buffer.concat([all, chunk]);
      if (all.length >= bytes.length) resolve(all);
    });
  });
  expect(await withinDeadline(received, `${bytes.length} bytes`)).toEqual(bytes);
  const closed = once(port, 'close');
  port.close();
  await closed;
}

const unexpected = (line: string): never => expect.unreachable(line);

describe.skipIf(!hasPython)('a pseudo-terminal', () => {
  it('passes every byte unchanged to a serial port, and nothing from before it was opened', async () => {
    const messages = new EventEmitter();
    const pty = await Pty.open((line) => messages.emit(line));
    await expectBytes(pty, BYTES, messages);
    const closed = once(messages, `${pty.name} was closed`);
    pty.send(Buffer.from('not opened'));
    await closed;
    await expectBytes(pty, BYTES, messages);
    await pty.close();
  });

  it('is gone once it is closed', async () => {
    const pty = await Pty.open(unexpected);
    expect(existsSync(pty.name)).toBe(true);
    await pty.close();
    expect(existsSync(pty.name)).toBe(false);
    await pty.close();
  });
});

describe('the error for a pseudo-terminal that cannot be opened', () => {
  it('reports that python3 is missing, and what to use instead', async () => {
    await expect(Pty.open(unexpected, '/nowhere/python3')).rejects.toThrow(
      'Cannot open a pseudo-terminal: python3 is missing. Install it, or use --gps tcp:host:port',
    );
  });

  it('reports why python3 failed', async () => {
    await expect(Pty.open(unexpected, 'false')).rejects.toThrow(
      /^Cannot open a pseudo-terminal: python3 exited/,
    );
  });
});
