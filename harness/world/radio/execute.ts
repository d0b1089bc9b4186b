import type { Command } from './command.ts';
import { COMMANDS } from './commands.ts';
import type { Controller } from './controller.ts';
import { commandComplete, commandStatus, STATUS } from './events.ts';

/** Opcode and parameter length. */
const HEADER_BYTES = 3;

/** Carries out one HCI command packet (without H4 packet type); one that is cut short is ignored. */
export function execute(controller: Controller, packet: Buffer): void {
  if (packet.length < HEADER_BYTES) return;
  const opcode = packet.readUInt16LE(0);
  const command = COMMANDS[opcode];
  if (!command) {
    controller.tell(commandStatus(opcode, STATUS.unknownCommand));
    return;
  }
  const parameters = packet.subarray(HEADER_BYTES);
  const isWhole = parameters.length === packet[2] && parameters.length === command.bytes;
  const run = isWhole ? command.run?.(controller, parameters) : STATUS.invalidParameters;
  const status = run ?? STATUS.success;
  controller.tell(
    command.answer?.(opcode, status) ??
      commandComplete(opcode, status, returned(command, status, controller, parameters)),
  );
  if (status === STATUS.success) command.then?.(controller, parameters);
}

/** What Command Complete returns after the status; of what failed, the handle is all that says anything. */
function returned(command: Command, status: number, controller: Controller, parameters: Buffer): number[] {
  const { hasHandle, result, resultBytes = 0 } = command;
  const [lower = 0, upper = 0] = parameters;
  const handle = hasHandle ? [lower, upper] : [];
  if (status !== STATUS.success) return [...handle, ...Buffer.alloc(resultBytes)];
  return [...handle, ...(result?.(controller, parameters) ?? [])];
}
