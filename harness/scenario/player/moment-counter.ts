import { encodeUpnp } from '../../../protocol/upnp.ts';
import { scheduleFor } from '../../world/clock/timer-owner.ts';
import type { EventContent } from '../../world/trace/event.ts';
import { MOMENT_NAMES, type MomentName } from '../format/moments.ts';

/** What a moment is counted in. */
type Unit = 'packet' | 'reply' | 'sample' | 'message';

/** What happens in a world, in its trace or beside it. */
type Happening = EventContent['type'] | 'login.began' | 'stop.requested';

interface Phase {
  readonly begins: Happening;
  readonly ends: readonly Happening[];
  readonly counts: readonly Unit[];
}

const PHASES: Readonly<Record<MomentName, Phase>> = {
  start: { begins: 'client.started', ends: ['client.ended'], counts: ['packet'] },
  connect: { begins: 'link.attempt', ends: ['login.began', 'link.down'], counts: ['packet'] },
  login: { begins: 'login.began', ends: ['login', 'link.down'], counts: ['packet'] },
  poll: { begins: 'link.up', ends: ['link.down'], counts: ['reply'] },
  drain: { begins: 'broker.connected', ends: ['broker.disconnected'], counts: ['sample'] },
  stop: { begins: 'stop.requested', ends: ['client.ended'], counts: ['packet', 'message'] },
};

/** The end of a write of the opcode that begins a login, behind the handle (Bluetooth Core Vol 3 Part F, 3.4.5). */
const LOGIN_START = encodeUpnp('loginStart');
const WRITES: readonly number[] = [0x12, 0x52];

interface Waiting {
  readonly on: MomentName;
  readonly nth: number;
  readonly act: () => void;
}

/** Counts what happens in each phase of the client, for faults that begin at a moment. */
export class MomentCounter {
  readonly #topic: string;
  /** Counts of the phases that the client is in. */
  readonly #counts = new Map<MomentName, number>();
  readonly #waiting = new Set<Waiting>();

  /** @param topic that of the samples */
  constructor(topic: string) {
    this.#topic = topic;
  }

  /** Calls `act` once, right after a moment. @returns cancels that */
  wait(on: MomentName, nth: number, act: () => void): () => void {
    const waiting = { on, nth, act };
    this.#waiting.add(waiting);
    return () => this.#waiting.delete(waiting);
  }

  onEvent(event: EventContent): void {
    this.#happened(event.type);
    if (event.type === 'reply.carried') this.#count('reply');
    if (event.type !== 'received' || event.isWill) return;
    this.#count('message');
    if (event.topic === this.#topic) this.#count('sample');
  }

  /** @param bytes an HCI packet, possibly with a header before it */
  onPacket(bytes: Buffer): void {
    const opcode = bytes.at(-LOGIN_START.length - 3) ?? 0;
    if (WRITES.includes(opcode) && bytes.subarray(-LOGIN_START.length).equals(LOGIN_START))
      this.#happened('login.began');
    this.#count('packet');
  }

  onStop(): void {
    this.#happened('stop.requested');
  }

  #happened(what: Happening): void {
    for (const name of MOMENT_NAMES) {
      const { begins, ends } = PHASES[name];
      if (ends.includes(what)) this.#counts.delete(name);
      if (begins === what) this.#counts.set(name, 0);
    }
  }

  #count(unit: Unit): void {
    for (const [name, before] of this.#counts) {
      if (!PHASES[name].counts.includes(unit)) continue;
      this.#counts.set(name, before + 1);
      for (const waiting of this.#waiting) {
        if (waiting.on !== name || waiting.nth !== before + 1) continue;
        this.#waiting.delete(waiting);
        // After what happens now: it may be in the middle of a call of the client.
        scheduleFor(undefined, waiting.act);
      }
    }
  }
}
