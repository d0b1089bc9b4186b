import { H4 } from '../../../../hci/socket.ts';
import type { Controller } from '../controller.ts';

/** Set Event Mask with all events, as the default excludes LE events. */
const SET_EVENT_MASK = Buffer.from('01010c08' + 'ffffffffffffffff', 'hex');

const u16 = (value: number): number[] => [value & 0xff, value >> 8];

/** A minimal host: sends given packets to a controller, and records its packets. */
export class TestHost {
  readonly controller: Controller;
  readonly #received: Buffer[] = [];

  constructor(controller: Controller) {
    this.controller = controller;
    controller.host.attach((packet) => this.#received.push(packet));
    controller.receive(SET_EVENT_MASK);
    this.takeReceived();
  }

  /** Returns and clears the received packets, in hex. */
  takeReceived(): string[] {
    return this.#received.splice(0).map((packet) => packet.toString('hex'));
  }

  /** Sends a command, and returns the immediate answers, in hex. */
  command(opcode: number, parameters: readonly number[] = []): string[] {
    this.takeReceived();
    this.controller.receive(Buffer.from([H4.command, ...u16(opcode), parameters.length, ...parameters]));
    return this.takeReceived();
  }

  /** Sends the first fragment of an L2CAP packet. */
  data(handle: number, channel: number, payload: readonly number[]): void {
    const l2cap = [...u16(payload.length), ...u16(channel), ...payload];
    this.controller.receive(Buffer.from([H4.acl, ...u16(handle), ...u16(l2cap.length), ...l2cap]));
  }
}
