import { H4 } from '../../../hci/socket.ts';
import { decodeAcl } from './acl.ts';
import type { Command } from './hci-command.ts';
import { COMMANDS } from './command-table.ts';
import { commandComplete, commandStatus, hardwareError } from './events.ts';
import { LinkLayer } from './link-layer.ts';
import { STATUS } from './status.ts';

/** Opcode and parameter length. */
const COMMAND_HEADER_BYTES = 3;

/**
 * A Bluetooth LE controller: a link layer that a host controls by HCI. `commands.ts` is the table of the commands that
 * it implements, `capabilities.ts` what it claims to support.
 */
export class Controller extends LinkLayer {
  /** Handles one H4 packet of the host. */
  receive(packet: Buffer): void {
    if (packet[0] === H4.command) {
      this.#execute(packet.subarray(1));
    } else if (packet[0] === H4.acl) {
      const data = decodeAcl(packet);
      if (data) this.connectionOf(data.handle)?.send(data.fragment);
    }
  }

  /** Detaches the host; the controller stops everything, as after a reset. */
  detach(): void {
    this.host.detach();
    this.reset();
  }

  /** Resets itself, as after a fault of its hardware, which it may report; the host stays attached. */
  failHardware(isReported: boolean): void {
    this.reset();
    if (isReported) this.host.notify(hardwareError());
  }

  /** Executes a command packet (without H4 packet type); a truncated one is ignored. */
  #execute(packet: Buffer): void {
    if (packet.length < COMMAND_HEADER_BYTES) return;
    const opcode = packet.readUInt16LE(0);
    const command = COMMANDS[opcode];
    if (!command) {
      this.host.send(commandStatus(opcode, STATUS.unknownCommand));
      return;
    }
    const parameters = packet.subarray(COMMAND_HEADER_BYTES);
    const isComplete = parameters.length === packet[2] && parameters.length === command.bytes;
    const run = isComplete ? command.run?.(this, parameters) : STATUS.invalidParameters;
    const status = run ?? STATUS.success;
    this.host.send(
      command.answer?.(opcode, status) ??
        commandComplete(opcode, status, this.#returnParameters(command, status, parameters)),
    );
    if (status === STATUS.success) command.after?.(this, parameters);
  }

  /** What Command Complete returns after the status; for a failed command, zeros after the handle. */
  #returnParameters(
    { hasHandle, result, resultBytes = 0 }: Command,
    status: number,
    parameters: Buffer,
  ): number[] {
    const [lower = 0, upper = 0] = parameters;
    const handle = hasHandle ? [lower, upper] : [];
    if (status !== STATUS.success) return [...handle, ...Buffer.alloc(resultBytes)];
    return [...handle, ...(result?.(this, parameters) ?? [])];
  }
}
