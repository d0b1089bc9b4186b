import { fork } from 'node:child_process';
import { once } from 'node:events';

const CHILD = new URL('./broker-child.ts', import.meta.url);

export interface BrokerProcess {
  readonly url: string;
  stop(): void;
}

/** Starts an Aedes broker on a local TCP port, in a process of its own. */
export async function startBrokerProcess(): Promise<BrokerProcess> {
  const child = fork(CHILD);
  const [port] = (await once(child, 'message')) as [number];
  return { url: `mqtt://127.0.0.1:${port}`, stop: () => child.kill() };
}
