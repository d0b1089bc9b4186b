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

export type FaultName = keyof typeof ALL;

/** Everything that can go wrong: the vocabulary of scenarios, campaigns and tests. */
export const FAULTS: Readonly<Record<FaultName, Fault>> = ALL;
