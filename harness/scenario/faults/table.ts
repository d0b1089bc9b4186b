import { adapterFaults } from './adapter.ts';
import { brokerFaults } from './broker.ts';
import type { Fault } from './fault.ts';
import { gpsFaults } from './gps.ts';
import { linkFaults } from './link.ts';
import { piFaults } from './pi.ts';
import { radioFaults } from './radio.ts';
import { scooterFaults } from './scooter.ts';

const ALL = {
  ...radioFaults,
  ...linkFaults,
  ...scooterFaults,
  ...adapterFaults,
  ...gpsFaults,
  ...brokerFaults,
  ...piFaults,
};

/** Names of all faults. */
export type FaultName = keyof typeof ALL;

/** All faults, for scenarios, campaigns and tests. */
export const FAULTS: Readonly<Record<FaultName, Fault>> = ALL;
