import type { Overrides } from '../../client/config/schema.ts';
import type { TokenDamage } from '../scenario/player/damaged-token.ts';
import type { Clock } from './clock/clock.ts';
import type { Air } from './radio/air.ts';
import type { Controller } from './radio/controller.ts';
import type { VirtualAdapter } from './radio/virtual-adapter.ts';
import type { VirtualGps } from '../../simulator/gps/receiver.ts';
import type { VirtualScooter } from '../../simulator/scooter.ts';
import type { VirtualBroker } from './broker/virtual-broker.ts';
import type { VirtualSerial } from './serial/virtual-serial.ts';
import type { Service } from './systemd/service.ts';
import type { VirtualDisk } from './disk/virtual-disk.ts';
import type { RowDamage } from './disk/store-damage.ts';
import type { VirtualPauseFiles } from './disk/virtual-pause-files.ts';
import type { VirtualClockSource } from './systemd/virtual-clock-source.ts';

/** Everything around a client that faults act on, and systemd, which keeps the client running. */
export interface Simulation {
  readonly clock: Clock;
  readonly air: Air;
  readonly scooterController: Controller;
  readonly scooter: VirtualScooter;
  /** Switches the scooter on; resolves once it advertises. @throws if it is switched off meanwhile. */
  switchOn(): Promise<void>;
  switchOff(): void;
  /** Replaces the scooter on the air by an impostor. @returns ends that */
  startImpostor(): () => void;
  /**
   * Pairs the client with the scooter, once the client has stopped.
   * @param fromBeep number of the first beep at which the power button is pressed
   * @returns ends that
   */
  register(fromBeep: number): () => void;
  /** Replaces the client's token file, as a pairing by another process does. */
  replaceToken(token: Buffer): void;
  /** Stores a token as that of a pairing by another process that was interrupted at its end. */
  storePendingToken(token: Buffer): void;
  /** Damages the client's token file. @returns repairs it */
  damageToken(how: TokenDamage): () => void;
  /** The owner changes keys of the client's configuration, which its next process reads. */
  configure(changes: Overrides): void;
  /** The owner pauses the client. */
  pause(ms: number): void;
  /** The Pi's adapter. */
  readonly adapter: VirtualAdapter;
  readonly gps: VirtualGps;
  /** Undefined if the client has no GPS. */
  readonly serial: VirtualSerial | undefined;
  readonly broker: VirtualBroker;
  readonly disk: VirtualDisk;
  /** Damages a row of the outbox of a stopped client, chosen by `unit` from 0 to 1. */
  damageRow(damage: RowDamage, unit: number): void;
  readonly pauseFiles: VirtualPauseFiles;
  /** What tells the client whether the clock of the Pi is synchronised. */
  readonly clockSource: VirtualClockSource;
  readonly service: Service;
}
