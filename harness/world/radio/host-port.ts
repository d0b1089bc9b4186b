import { EventMask } from './event-mask.ts';

/** Sends a controller's packets to the host that is attached, and drops the events that the host has masked. */
export class HostPort {
  eventMask = new EventMask();
  #receive: ((packet: Buffer) => void) | undefined;

  get isAttached(): boolean {
    return this.#receive !== undefined;
  }

  /** @param receive gets every packet for the host, until it is detached. */
  attach(receive: (packet: Buffer) => void): void {
    this.#receive = receive;
  }

  detach(): void {
    this.#receive = undefined;
  }

  /** Sends a data packet, or an event that cannot be masked. */
  send(packet: Buffer): void {
    this.#receive?.(packet);
  }

  /** Sends an event unless it is masked. */
  notify(event: Buffer): void {
    if (this.eventMask.passes(event)) this.send(event);
  }
}
