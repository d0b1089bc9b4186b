import type { Connection } from './connection.ts';
import type { Bytes, commandStatus } from './events.ts';
import type { LinkLayer } from './link-layer.ts';
import { STATUS } from './status.ts';

/** What a command does to a controller, or to one of its connections. */
interface Action<Subject> {
  /** Executes the command, or returns the status with which it is rejected. */
  readonly run?: (subject: Subject, parameters: Buffer) => number | void;
  /** Returns parameters of Command Complete, besides the status and the connection handle. */
  readonly result?: (subject: Subject, parameters: Buffer) => Bytes;
  /** Runs after a successful command was answered. */
  readonly after?: (subject: Subject, parameters: Buffer) => void;
}

/** An HCI command: how it is decoded, answered and executed. */
export interface Command extends Action<LinkLayer> {
  readonly name: string;
  /** Of Bluetooth Core Vol 4 Part E. */
  readonly section: string;
  /** Its bit in the answer to Read Local Supported Commands (Bluetooth Core Vol 4 Part E, 6.27). */
  readonly supported: readonly [octet: number, bit: number];
  /** Length of the parameters in bytes. */
  readonly bytes: number;
  /** Command Status if the command completes with an event of its own, else Command Complete. */
  readonly answer?: typeof commandStatus;
  /** Length in bytes of what `result` returns; a failed command returns as many zeros. */
  readonly resultBytes?: number;
  /** The parameters begin with a connection handle, and so does what Command Complete returns. */
  readonly hasHandle?: true;
}

function connectionOf(linkLayer: LinkLayer, parameters: Buffer): Connection | undefined {
  return linkLayer.connectionOf(parameters.readUInt16LE(0));
}

/** Looks up the connection that a command acts on; the command is rejected if there is none of this handle. */
export function onConnection(action: Action<Connection>): Action<LinkLayer> & { readonly hasHandle: true } {
  return {
    hasHandle: true,
    run: (linkLayer, parameters) => {
      const connection = connectionOf(linkLayer, parameters);
      return connection ? action.run?.(connection, parameters) : STATUS.unknownConnection;
    },
    result: (linkLayer, parameters) => {
      const connection = connectionOf(linkLayer, parameters);
      return (connection && action.result?.(connection, parameters)) ?? [];
    },
    after: (linkLayer, parameters) => {
      const connection = connectionOf(linkLayer, parameters);
      if (connection) action.after?.(connection, parameters);
    },
  };
}

/** Whether a byte is a valid boolean. */
export function isBoolean(byte: number | undefined): boolean {
  return byte === 0 || byte === 1;
}

/** Applies decoded parameters, or returns the status with which the decoder has rejected the command. */
export function ifValid<Decoded extends object>(
  decoded: Decoded | number,
  apply: (decoded: Decoded) => number | void,
): number | void {
  return typeof decoded === 'number' ? decoded : apply(decoded);
}
