import { adviceFor } from './advice.ts';
import type { GpsProtocol, GpsReader, ReadResult } from './reader.ts';

export interface PortStateOptions {
  readonly path: string;
  /** What to check if only garbage is received. */
  readonly garbageAdvice: string;
  /** Called when the receiver has sent valid input, once until it is lost. */
  readonly onDetected: (protocol: GpsProtocol) => void;
  /** Called when the receiver was lost, once per reason until it is detected again. */
  readonly onLost: (reason: string) => void;
}

/** What is known about the receiver at a port: its protocol, why it was lost, and why there is no position. */
export class PortState {
  readonly #options: PortStateOptions;
  #detected: GpsProtocol | undefined;
  /** Why the receiver was lost; undefined while its port is open. */
  #lostReason: string | undefined;
  readonly #reportedReasons = new Set<string>();
  /** Whether anything was received since the last explanation. */
  #hasReceived = false;

  constructor(options: PortStateOptions) {
    this.#options = options;
  }

  opened(): void {
    this.#lostReason = undefined;
  }

  received(): void {
    this.#hasReceived = true;
  }

  detected(protocol: NonNullable<ReadResult['protocol']>): void {
    if (protocol === 'modem' || this.#detected === protocol) return;
    this.#detected = protocol;
    this.#reportedReasons.clear();
    this.#options.onDetected(protocol);
  }

  lost(reason: string): void {
    const { path, onLost } = this.#options;
    this.#detected = undefined;
    this.#lostReason = `${path} ${reason}${adviceFor(reason, path)}`;
    if (this.#reportedReasons.has(reason)) return;
    this.#reportedReasons.add(reason);
    onLost(this.#lostReason);
  }

  /** Describes a receiver that has sent nothing valid for too long. */
  describeTimeout(timeoutMs: number, hasGarbage: boolean): string {
    const forSeconds = `for ${timeoutMs / 1000} s`;
    return hasGarbage
      ? `received only garbage ${forSeconds}: ${this.#options.garbageAdvice}`
      : `was silent ${forSeconds}`;
  }

  /** Tells which of the conditions for a position failed since the last explanation. */
  explain(reader: GpsReader | undefined): string {
    const { path, garbageAdvice } = this.#options;
    const explanation = reader?.explain();
    const hasReceived = this.#hasReceived;
    this.#hasReceived = false;
    if (hasReceived && explanation !== undefined) return explanation;
    if (this.#lostReason !== undefined) return this.#lostReason;
    return hasReceived
      ? `nothing that ${path} receives can be read: ${garbageAdvice}`
      : `${path} receives nothing${adviceFor('silent', path)}`;
  }
}
