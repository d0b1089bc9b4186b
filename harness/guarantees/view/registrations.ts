import type { EventOf } from '../../world/trace/event.ts';
import type { Span } from './span.ts';

/** One run of `martinete register`. */
export interface Registration extends Span {
  /** Undefined if the trace ends first. */
  readonly end: EventOf<'command.ended'> | undefined;
  /** Times of the beeps of the scooter. */
  readonly beepsMs: readonly number[];
  /** Times at which the power button was pressed soon enough after a beep. */
  readonly pressesMs: readonly number[];
  /** Times at which the scooter has accepted a pairing. */
  readonly pairedMs: readonly number[];
}

interface OpenRegistration {
  readonly beginMs: number;
  endMs: number;
  end: EventOf<'command.ended'> | undefined;
  readonly beepsMs: number[];
  readonly pressesMs: number[];
  readonly pairedMs: number[];
}

/** Collects the registrations of a trace. */
export class RegistrationLog {
  readonly registrations: OpenRegistration[] = [];

  started({ atMs, command }: EventOf<'command.started'>): void {
    if (command !== 'register') return;
    this.registrations.push({
      beginMs: atMs,
      endMs: Infinity,
      end: undefined,
      beepsMs: [],
      pressesMs: [],
      pairedMs: [],
    });
  }

  ended(event: EventOf<'command.ended'>): void {
    if (event.command !== 'register' || !this.#current) return;
    this.#current.endMs = event.atMs;
    this.#current.end = event;
  }

  scooter({ type, atMs }: EventOf<'beep' | 'pairing.opened' | 'paired'>): void {
    if (type === 'beep') this.#current?.beepsMs.push(atMs);
    else if (type === 'paired') this.#current?.pairedMs.push(atMs);
    else this.#current?.pressesMs.push(atMs);
  }

  get #current(): OpenRegistration | undefined {
    const last = this.registrations.at(-1);
    return last?.end ? undefined : last;
  }
}
