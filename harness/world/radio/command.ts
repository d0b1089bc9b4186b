import type { Connection } from './connection.ts';
import type { Controller } from './controller.ts';
import { STATUS, type Bytes, type commandStatus } from './events.ts';

/** What a command does to a chip, or to one of its connections. */
interface Action<Subject> {
  /** Carries it out, or returns the status with which it is refused. */
  readonly run?: (subject: Subject, parameters: Buffer) => number | void;
  /** What Command Complete returns, besides the status and the connection handle. */
  readonly result?: (subject: Subject, parameters: Buffer) => Bytes;
  /** What comes of it once it is answered. */
  readonly then?: (subject: Subject, parameters: Buffer) => void;
}

/** An HCI command: how it is told from others, answered and carried out. */
export interface Command extends Action<Controller> {
  readonly name: string;
  /** Where it is described in Bluetooth Core Vol 4 Part E. */
  readonly section: string;
  /** Its bit in the answer to Read Local Supported Commands (Bluetooth Core Vol 4 Part E, 6.27). */
  readonly supported: readonly [octet: number, bit: number];
  /** Length of the parameters in bytes. */
  readonly bytes: number;
  /** Command Status for what ends in an event of its own, else Command Complete. */
  readonly answer?: typeof commandStatus;
  /** Length in bytes of what `result` returns; so many are returned where it fails, too. */
  readonly resultBytes?: number;
  /** The parameters begin with a connection handle, and so does what Command Complete returns. */
  readonly hasHandle?: true;
}

function connectionOf(controller: Controller, parameters: Buffer): Connection | undefined {
  return controller.connectionOf(parameters.readUInt16LE(0));
}

/** The part of a command that acts on a connection; there has to be one of that handle. */
export function onConnection(action: Action<Connection>): Action<Controller> & { readonly hasHandle: true } {
  return {
    hasHandle: true,
    run: (controller, parameters) => {
      const connection = connectionOf(controller, parameters);
      return connection ? action.run?.(connection, parameters) : STATUS.unknownConnection;
    },
    result: (controller, parameters) => {
      const connection = connectionOf(controller, parameters);
      return (connection && action.result?.(connection, parameters)) ?? [];
    },
    then: (controller, parameters) => {
      const connection = connectionOf(controller, parameters);
      if (connection) action.then?.(connection, parameters);
    },
  };
}

/** Whether a byte says yes or no, and nothing else. */
export function isSwitch(byte: number | undefined): boolean {
  return byte === 0 || byte === 1;
}

/** Uses what a command's parameters say; they may be the status with which it is refused instead. */
export function use<Decoded extends object>(
  decoded: Decoded | number,
  act: (decoded: Decoded) => number | void,
): number | void {
  return typeof decoded === 'number' ? decoded : act(decoded);
}
