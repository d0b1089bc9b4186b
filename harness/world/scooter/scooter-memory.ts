import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { readToken, writeToken } from '../../../client/token-file.ts';
import type { FirmwareEvent } from '../../../simulator/firmware/firmware.ts';

/** What a virtual scooter remembers from one run of a command to the next: who it is paired with. */
export class ScooterMemory {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Undefined for a scooter that was never paired. */
  get token(): Buffer | undefined {
    return existsSync(this.#path) ? readToken(this.#path) : undefined;
  }

  /** Takes every event of the scooter, and keeps what has to last. */
  onScooterEvent(event: FirmwareEvent): void {
    if (event.type !== 'registered') return;
    mkdirSync(dirname(this.#path), { recursive: true });
    writeToken(this.#path, event.token, { overwrite: true });
  }
}
