import {
  parseCommandStatus,
  COMMAND,
  parseCommand,
  parseConnectionEvent,
  handleOf,
  type HostCommand,
} from './packets.ts';
import type { TappedPacket } from './hci-tap.ts';

/**
 * What a host has done on one socket that noble does not forbid, and that costs it its adapter: two attempts at once, an
 * attempt over a link or a scan, a cancel of nothing, and anything sent to a connection that it knows to be over.
 */
export function findViolations(passed: readonly TappedPacket[]): string[] {
  const host = new HostModel();
  return passed.flatMap(({ atMs, to, bytes }) => {
    if (to === 'host') host.onReceived(bytes);
    const mistake = to === 'chip' ? host.onSent(bytes) : undefined;
    return mistake === undefined ? [] : [`${mistake} at ${atMs} ms`];
  });
}

/** What a host knows, because it has said or heard it. */
class HostModel {
  #isConnecting = false;
  #isScanning = false;
  /** Scan enables and disables that are not answered yet. */
  readonly #scanChanges: boolean[] = [];
  readonly #handles = new Set<number>();

  onSent(packet: Buffer): string | undefined {
    const handle = handleOf(packet);
    if (handle !== undefined)
      return this.#handles.has(handle) ? undefined : `data for the dead handle ${handle}`;
    const command = parseCommand(packet);
    return command && this.#onCommand(command);
  }

  onReceived(packet: Buffer): void {
    const connection = parseConnectionEvent(packet);
    if (connection?.what === 'complete') this.#isConnecting = false;
    if (connection?.what === 'complete' && connection.status === 0) this.#handles.add(connection.handle);
    if (connection?.what === 'ended') this.#handles.delete(connection.handle);
    const answer = parseCommandStatus(packet);
    if (answer?.opcode === COMMAND.createConnection && answer.status !== 0) this.#isConnecting = false;
    if (answer?.opcode === COMMAND.setScanEnable) this.#onScanChange(answer.status === 0);
  }

  #onCommand({ opcode, parameters }: HostCommand): string | undefined {
    switch (opcode) {
      case COMMAND.setScanEnable:
        this.#scanChanges.push(parameters[0] === 1);
        this.#isScanning ||= parameters[0] === 1;
        return undefined;
      case COMMAND.createConnection:
        return this.#onCreateConnection();
      case COMMAND.cancelConnection:
        return this.#isConnecting ? undefined : 'a cancel of no attempt';
      case COMMAND.disconnect:
        return this.#onDisconnect(parameters.readUInt16LE(0));
      default:
        return undefined;
    }
  }

  #onScanChange(isDone: boolean): void {
    const isOn = this.#scanChanges.shift();
    if (isOn === false && isDone) this.#isScanning = this.#scanChanges.includes(true);
  }

  #onCreateConnection(): string | undefined {
    const [wasConnecting, isLinked] = [this.#isConnecting, this.#handles.size > 0];
    this.#isConnecting = true;
    if (wasConnecting) return 'a second attempt to connect';
    if (isLinked) return 'an attempt to connect over a link';
    return this.#isScanning ? 'an attempt to connect over a scan' : undefined;
  }

  #onDisconnect(handle: number): string | undefined {
    return this.#handles.has(handle) ? undefined : `a hang-up of the dead handle ${handle}`;
  }
}
