import { BLOCKS } from '../../../protocol/registers/table.ts';
import { DEFAULT_WORLD } from '../../scenario/format/default-world.ts';
import type { FaultName } from '../../scenario/faults/table.ts';
import type { WrittenFile } from '../../world/disk/file-watch.ts';
import { RADIO_MODELS } from '../../world/radio/radio-model.ts';
import type { EventOf, TraceEvent } from '../../world/trace/event.ts';
import type { CheckResult, RunFacts } from '../guarantee.ts';
import type { GuaranteeId } from '../ids.ts';
import { checkGuarantees } from '../check-guarantees.ts';
import { TracePublisher, type Fields, type TraceOptions } from './trace-publisher.ts';
import { wallTime } from './trace-recorder.ts';
import { GpsReceiver, type Reception } from './gps-receiver.ts';
import { CYCLE_BLOCKS, type CycleBlock } from '../view/blocks.ts';
import {
  furtherReadings,
  publishedReadings,
  readings,
  replyData,
  type PolledReadings,
  type Readings,
} from './readings.ts';
import { sampleText } from './sample-text.ts';

export type { TraceOptions } from './trace-publisher.ts';

const SECOND_MS = 1_000;
/** Time between two requests. */
const REPLY_MS = 20;
/**
 * Builds the trace of a correct client, second by second, while the test adds faults. For the trace of a defective
 * client, the test alters samples before they are published, or the finished trace.
 */
export class TraceBuilder extends TracePublisher {
  /** Whether the scooter's replies reach the client. */
  scooterAnswers = true;
  /** Blocks that the scooter leaves unanswered. */
  readonly silentBlocks = new Set<CycleBlock>();
  /** Whether samples enter the outbox, and whether the disk stores them. */
  storesSamples = true;
  diskWorks = true;
  gps: Reception = 'fix';
  /** Changes a sample before it is published. */
  alterSample: (fields: Fields, topic: 'journal' | 'live') => Fields = (fields) => fields;
  /** Secrets that must not be disclosed. */
  secrets: readonly Buffer[] = [];
  /** Undefined if there is no token file. */
  tokenFileMode: number | undefined;
  /** What the client has written into files. */
  writtenFiles: readonly WrittenFile[] = [];
  census: Omit<EventOf<'census'>, 'type' | 'atMs'> = {
    timers: 9,
    listeners: 130,
    mostListeners: 3,
    handles: 4,
    storeBytes: 600,
  };
  /** Handles that are still open when the client exits. */
  openAtExit = 0;
  readonly #receiver = new GpsReceiver();
  #starts = 0;
  #seq = 0;
  #reply = 0;
  #polls = 0;
  /** Silent blocks that the client does not ask for. */
  readonly #knownSilent = new Set<CycleBlock>();
  #isUp = false;
  #nextPollMs = Infinity;
  /** The trace of a client that has polled its scooter for 30 s. */
  static riding(options: TraceOptions = {}): TraceBuilder {
    const trace = new TraceBuilder(options);
    trace.record({ type: 'scooter.on' });
    trace.start();
    trace.advanceTo(100);
    trace.connect();
    trace.advanceTo(200);
    trace.linkUp();
    trace.advanceTo(30_000);
    return trace;
  }

  get facts(): RunFacts {
    const scooter = {
      model: 'pro2',
      paired: true,
      on: true,
      odometerM: 1_306_083,
      percent: 63,
      advertisingDelayMs: 1_000,
    };
    const { config, secrets, tokenFileMode, writtenFiles } = this;
    const radio = RADIO_MODELS.ideal;
    return { config, scooter, ...DEFAULT_WORLD, radio, secrets, tokenFileMode, writtenFiles };
  }

  /** Checks a guarantee on the trace, optionally changed by the test, as if the scenario ended now. */
  result(
    id: GuaranteeId,
    change: (events: readonly TraceEvent[]) => readonly TraceEvent[] = (events) => events,
  ): CheckResult {
    const events = change(this.events);
    const [checked] = checkGuarantees(events, this.facts, [id], this.nowMs);
    if (!checked) throw new Error(`no result of ${id}`);
    return checked.result;
  }

  /** Advances to a virtual time. */
  advanceTo(ms: number): void {
    for (;;) {
      const nextMs = Math.min(
        (Math.floor(this.nowMs / SECOND_MS) + 1) * SECOND_MS,
        this.#nextPollMs,
        this.nextPublishMs,
      );
      if (nextMs > ms) break;
      this.nowMs = nextMs;
      if (nextMs % SECOND_MS === 0) this.record(this.#receiver.measure(nextMs, this.gps, this.#starts > 0));
      if (nextMs === this.#nextPollMs) this.#pollNow();
      this.publishDue();
    }
    this.nowMs = ms;
  }

  advance(ms: number): void {
    this.advanceTo(this.nowMs + ms);
  }

  /** Advances while the client tries a broker that is closed, after the longest pause each time. */
  advanceTrying(ms: number): void {
    const { reconnectMinMs, reconnectMaxMs, clientId } = this.config.mqtt;
    const endMs = this.nowMs + ms;
    for (let pauseMs = reconnectMinMs; this.nowMs + pauseMs <= endMs;) {
      this.advance(pauseMs);
      this.connectAttempt();
      this.record({ type: 'broker.refused', clientId });
      pauseMs = Math.min(2 * pauseMs, reconnectMaxMs);
    }
    this.advanceTo(endMs);
  }

  /** Adds a fault of a given duration without an effect on the client. */
  faultFor(fault: FaultName, ms: number): void {
    const step = this.beginFault(fault);
    this.advance(ms);
    this.endFault(step);
  }

  start(): void {
    this.#starts += 1;
    this.bootId = `b${this.#starts}`;
    this.#seq = 0;
    this.#receiver.forget();
    this.counters.reset();
    this.record({ type: 'client.started', life: this.#starts });
    this.record({ type: 'adapter.opened' });
    if (this.config.serial) this.record({ type: 'gps.opened' });
  }

  /**
   * Ends the client with its link and its connection. A client that exits disconnects first; after a power cut the broker
   * keeps the connection.
   */
  stop(how: 'exit' | 'killed' | 'power cut', code = 0): void {
    if (how === 'exit') {
      if (this.#isUp) this.linkDown();
      if (this.isConnected) {
        this.publish('status', 'offline');
        this.disconnect();
      }
    }
    if (how === 'exit') this.record({ type: 'census', ...this.census, handles: this.openAtExit });
    this.record({ type: 'client.ended', life: this.#starts, how, ...(how === 'exit' && { code }) });
    const wasConnected = this.isConnected;
    this.stopPublishing();
    if (this.#isUp) this.linkDown();
    if (wasConnected && how !== 'power cut') this.disconnect();
  }

  linkUp(): void {
    this.record({ type: 'link.attempt' });
    this.record({ type: 'link.up', supervisionMs: this.config.scooter.supervisionTimeoutMs }, 50);
    this.record({ type: 'census', ...this.census }, 50);
    this.record({ type: 'login', ok: true }, 300);
    this.#isUp = true;
    this.setScooterState('connected', 300);
    this.#nextPollMs = this.nowMs + 500;
  }

  /** @param reason as in the Disconnection Complete of the scooter; by default a supervision timeout */
  linkDown(reason = 8): void {
    this.record({ type: 'link.down', reason });
    this.#isUp = false;
    this.setScooterState('away', 20);
    this.#nextPollMs = Infinity;
  }

  /** Polls later than planned, or earlier, and then at the interval from there. */
  delayNextPoll(ms: number): void {
    this.#nextPollMs += ms;
  }

  /** Resumes polling after a gap, at once or when the next poll is due. */
  resume(): void {
    this.scooterAnswers = true;
    if (this.#nextPollMs < this.nowMs) this.#nextPollMs = this.nowMs + 60;
  }

  #pollNow(): void {
    this.#nextPollMs += this.config.mqtt.sendIntervalMs;
    if (!this.scooterAnswers) return;
    const values = readings(++this.#polls);
    const asked = CYCLE_BLOCKS.filter((name) => !this.#knownSilent.has(name));
    const silent = asked.filter((name) => this.silentBlocks.has(name));
    const answered = asked.filter((name) => !this.silentBlocks.has(name));
    // A silent block is asked for in two rounds, and another one after it.
    const requests = silent.length > 0 ? [...asked, ...asked, ...answered.slice(0, 1)] : asked;
    let afterMs = 0;
    for (const name of requests) {
      if (this.silentBlocks.has(name)) this.withhold(name, afterMs);
      else this.reply(name, values, afterMs);
      afterMs += REPLY_MS;
    }
    for (const name of silent) this.#knownSilent.add(name);
    const polled = Object.fromEntries(
      CYCLE_BLOCKS.map((name) => [name, answered.includes(name) ? values[name] : null]),
    );
    this.storeSample(polled as PolledReadings, afterMs);
  }

  /** Leaves a read of a block unanswered. */
  withhold(name: CycleBlock, afterMs: number): void {
    const { device, register } = BLOCKS[name];
    this.record({ type: 'reply.withheld', device, register }, afterMs);
  }

  /** Asks for a block that was silent: from now on it is part of each poll again. */
  retry(name: CycleBlock): void {
    this.reply(name, readings(this.#polls), 0);
    this.#knownSilent.delete(name);
  }

  /** Sends and delivers a reply. */
  reply(name: keyof Readings, values: Readings, afterMs: number): void {
    const id = this.send(name, afterMs, values);
    this.record({ type: 'reply.carried', id }, afterMs + 20);
  }

  /** Sends a reply without delivering it. @returns its number */
  send(name: keyof Readings, afterMs: number, values = readings(this.#polls)): number {
    const { device, register } = BLOCKS[name];
    const id = ++this.#reply;
    const data = replyData(name, values[name]);
    this.record({ type: 'reply.sent', id, device, register, data }, afterMs);
    return id;
  }

  /** Stores a sample and publishes it on the live topic. */
  storeSample(values: PolledReadings, afterMs: number): void {
    const seq = ++this.#seq;
    const storedMs = this.nowMs + afterMs;
    const sample = (placeholder: 0 | null): Fields => ({
      timestamp: wallTime(storedMs).replace('Z', '+00:00'),
      ...publishedReadings(values),
      gpsinfo: this.#receiver.gpsinfo(storedMs, placeholder),
      boot_id: this.bootId,
      seq,
      clock_synced: true,
      ...furtherReadings(values),
    });
    if (this.isConnected) this.publish('live', sampleText(this.alterSample(sample(null), 'live')), afterMs);
    if (!this.storesSamples) return;
    if (this.diskWorks) this.record({ type: 'taken', bootId: this.bootId, seq }, afterMs);
    this.enqueue(sampleText(this.alterSample(sample(0), 'journal')), storedMs);
  }
}
