import { adapterFaults } from './adapter.ts';
import { brokerFaults } from './broker.ts';
import { clientFaults } from './client.ts';
import { clockFaults } from './clock.ts';
import { diskFaults } from './disk.ts';
import type { Fault } from './fault.ts';
import { gpsFaults } from './gps.ts';
import { linkFaults } from './link.ts';
import { parcelFaults } from './parcel.ts';
import { radioFaults } from './radio.ts';
import { replyFaults } from './reply.ts';
import { scooterFaults } from './scooter.ts';

const ALL = {
  ...radioFaults,
  ...linkFaults,
  ...scooterFaults,
  ...replyFaults,
  ...parcelFaults,
  ...adapterFaults,
  ...gpsFaults,
  ...brokerFaults,
  ...clientFaults,
  ...clockFaults,
  ...diskFaults,
};

/** Names of all faults. */
export type FaultName = keyof typeof ALL;

/** All faults, for scenarios, campaigns and tests. */
export const FAULTS: Readonly<Record<FaultName, Fault>> = ALL;
