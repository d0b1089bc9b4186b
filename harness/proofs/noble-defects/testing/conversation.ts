import { answerIn, COMMAND, commandIn, connectionIn, handleOf, type HostCommand } from './packets.ts';
import type { Passed } from './tap.ts';

/**
 * What a host has done on one socket that noble does not forbid, and that costs it its adapter: two attempts at once, an
 * attempt over a link or a scan, a cancel of nothing, and anything sent to a connection that it knows to be over.
 */
export function mistakesIn(passed: readonly Passed[]): string[] {
  const host = new Host();
  return passed.flatMap(({ atMs, to, bytes }) => {
    if (to === 'host') host.hears(bytes);
    const mistake = to === 'chip' ? host.says(bytes) : undefined;
    return mistake === undefined ? [] : [`${mistake} at ${atMs} ms`];
  });
}

/** What a host knows, because it has said or heard it. */
class Host {
  #isConnecting = false;
  #isScanning = false;
  /** Scan enables and disables that are not answered yet. */
  readonly #scanChanges: boolean[] = [];
  readonly #handles = new Set<number>();

  says(packet: Buffer): string | undefined {
    const handle = handleOf(packet);
    if (handle !== undefined)
      return this.#handles.has(handle) ? undefined : `data for the dead handle ${handle}`;
    const command = commandIn(packet);
    return command && this.#commands(command);
  }

  hears(packet: Buffer): void {
    const connection = connectionIn(packet);
    if (connection?.what === 'complete') this.#isConnecting = false;
    if (connection?.what === 'complete' && connection.status === 0) this.#handles.add(connection.handle);
    if (connection?.what === 'ended') this.#handles.delete(connection.handle);
    const answer = answerIn(packet);
    if (answer?.opcode === COMMAND.createConnection && answer.status !== 0) this.#isConnecting = false;
    if (answer?.opcode === COMMAND.setScanEnable) this.#scanChanged(answer.status === 0);
  }

  #commands({ opcode, parameters }: HostCommand): string | undefined {
    switch (opcode) {
      case COMMAND.setScanEnable:
        this.#scanChanges.push(parameters[0] === 1);
        this.#isScanning ||= parameters[0] === 1;
        return undefined;
      case COMMAND.createConnection:
        return this.#beginsToConnect();
      case COMMAND.cancelConnection:
        return this.#isConnecting ? undefined : 'a cancel of no attempt';
      case COMMAND.disconnect:
        return this.#hangsUp(parameters.readUInt16LE(0));
      default:
        return undefined;
    }
  }

  #scanChanged(isDone: boolean): void {
    const isOn = this.#scanChanges.shift();
    if (isOn === false && isDone) this.#isScanning = this.#scanChanges.includes(true);
  }

  #beginsToConnect(): string | undefined {
    const [wasConnecting, isLinked] = [this.#isConnecting, this.#handles.size > 0];
    this.#isConnecting = true;
    if (wasConnecting) return 'a second attempt to connect';
    if (isLinked) return 'an attempt to connect over a link';
    return this.#isScanning ? 'an attempt to connect over a scan' : undefined;
  }

  #hangsUp(handle: number): string | undefined {
    return this.#handles.has(handle) ? undefined : `a hang-up of the dead handle ${handle}`;
  }
}
