import type { Bounds, Now } from './bounds.ts';
import type { Entry, StoredSample } from './entry.ts';
import type { LateDisk } from './late-disk.ts';
import {
  departuresFrom,
  isChunk,
  roomFor,
  turnedAway,
  without,
  type Departure,
  type Rules,
} from './making-room.ts';
import type { Stock } from './stock.ts';

export interface IntakeOptions {
  readonly bounds: Bounds;
  readonly now: () => Now;
  /** Where there is one, samples go to memory until it works. */
  readonly lateDisk: LateDisk | undefined;
  /** Is told when the disk turns out to hold samples of earlier processes. */
  readonly onFound: () => void;
}

/** Takes new samples into the stock: to the disk, or to memory as long as there is none; makes room for them. */
export class Intake {
  readonly #stock: Stock;
  readonly #options: IntakeOptions;

  constructor(stock: Stock, options: IntakeOptions) {
    this.#stock = stock;
    this.#options = options;
  }

  /** Registers this process start with what it has so far, and takes out what is spoilt, too old or too much by now. */
  async begin(): Promise<void> {
    const { contents } = this.#stock;
    const { bounds } = this.#options;
    let departures: readonly Departure[];
    do {
      const oldest = await departuresFrom(contents, contents.fill, this.#rules(bounds));
      const newest = turnedAway(contents.memory, without(contents.fill, oldest), bounds);
      departures = [...oldest, ...newest];
      await this.#stock.commit({ departures });
    } while (isChunk(departures));
  }

  /** Takes what memory holds to the disk, where that has not happened yet and the disk works by now; whether it has. */
  async reachDisk(): Promise<boolean> {
    return this.#stock.isOnDisk || (await this.#move());
  }

  /** Whether there was room for a sample. @throws what the disk throws; the sample counts as dropped then. */
  async take(seq: number, sample: StoredSample): Promise<boolean> {
    const isOnDisk = await this.reachDisk();
    const entry = { key: this.#stock.keyOf(seq), ...sample };
    return await (isOnDisk ? this.#store(entry) : this.#keep(entry));
  }

  async #move(): Promise<boolean> {
    const stock = this.#stock;
    try {
      if (!stock.hasStore && !(await this.#findDisk())) return false;
      await stock.ready();
      await this.begin();
      await stock.trimAside();
    } catch {
      // It has failed again: what it has not taken stays in memory.
    }
    if (stock.isOnDisk) this.#options.lateDisk?.reached();
    return stock.isOnDisk;
  }

  async #findDisk(): Promise<boolean> {
    const { lateDisk, onFound } = this.#options;
    await lateDisk?.open((store) => this.#stock.takeUp(store));
    if (this.#stock.hasStore) onFound();
    return this.#stock.hasStore;
  }

  async #store(entry: Entry): Promise<boolean> {
    const { contents, ledger } = this.#stock;
    let isTurnedAway = false;
    try {
      await this.#stock.ready();
      const { departures, full } = await roomFor(entry, contents, this.#rules(this.#options.bounds));
      if (full) {
        ledger.note(this.#stock.drops(entry.key, full));
        isTurnedAway = true;
      }
      await this.#stock.commit({ departures, ...(!full && { entry }) });
      return !isTurnedAway;
    } catch (error) {
      if (!isTurnedAway) ledger.note(this.#stock.drops(entry.key, 'disk'));
      throw error;
    }
  }

  async #keep(entry: Entry): Promise<boolean> {
    const { contents, ledger } = this.#stock;
    const { departures, full } = await roomFor(entry, contents.memory, this.#rules(this.#memoryBounds));
    for (const { entry: old, reason } of departures) {
      contents.letGo(old.key, old);
      ledger.note(this.#stock.drops(old.key, reason));
    }
    if (full) ledger.note(this.#stock.drops(entry.key, full));
    else contents.keep(entry);
    return !full;
  }

  get #memoryBounds(): Bounds {
    const { bounds, lateDisk } = this.#options;
    const memoryBounds = lateDisk?.memoryBounds ?? bounds;
    // The change that has failed may have happened: nobody is to give way who has given way by it.
    return this.#stock.hasStore
      ? { ...memoryBounds, whenFull: 'drop-newest', maxAgeMs: Infinity }
      : memoryBounds;
  }

  #rules(bounds: Bounds): Rules {
    return { bounds, now: this.#options.now(), isOfThisBoot: (key) => this.#stock.isOfThisBoot(key) };
  }
}
