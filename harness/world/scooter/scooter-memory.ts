import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { readToken, writeToken } from '../../../client/token-file.ts';
import type { FirmwareEvent } from '../../../simulator/firmware/firmware.ts';

/** Keeps the token of a virtual scooter in a file between two commands. */
export class ScooterMemory {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Undefined if the scooter was never paired. */
  get token(): Buffer | undefined {
    return existsSync(this.#path) ? readToken(this.#path) : undefined;
  }

  onScooterEvent(event: FirmwareEvent): void {
    if (event.type === 'factoryReset') rmSync(this.#path, { force: true });
    if (event.type !== 'registered') return;
    mkdirSync(dirname(this.#path), { recursive: true });
    writeToken(this.#path, event.token, { overwrite: true });
  }
}
