import { integer, oneOf } from '../../../client/config/values.ts';
import { ArbitraryAdvertisers } from '../../world/radio/arbitrary-advertisers.ts';
import { BurstLoss } from '../../world/radio/burst-loss.ts';
import { duration, share } from '../format/values.ts';
import { defineFault } from './fault.ts';
import { overrideProperty } from './override-property.ts';

/** The longest advertising packet: 47 bytes at 1 Mbit/s (Bluetooth Core Vol 6 Part B, 2.1 and 2.3). */
const PACKET_MS = 0.376;
const ADVERTISING_INTERVAL_MS = 100;

/**
 * Share of packets on a channel that overlap with one of other devices, which do not listen before they send. A packet is
 * hit by every one that begins up to its own length before or during it; each device sends one on each channel per interval.
 */
function shareOfCollisions(devices: number): number {
  return 1 - (1 - (2 * PACKET_MS) / ADVERTISING_INTERVAL_MS) ** devices;
}

/** Faults of the radio channel. */
export const radioFaults = {
  'radio.gap': defineFault({
    about: 'No packet gets through between scooter and Pi, as with a wall or a body in between.',
    lasts: true,
    begin: ({ air, scooterController }) => air.block(scooterController),
  }),
  'radio.loss': defineFault({
    about: 'Radio packets are lost; within a connection they are retransmitted.',
    lasts: true,
    parameters: {
      share: {
        kind: share(0, 0.95),
        default: 0.2,
        typical: [0.05, 0.6],
        about: 'Share of packets that are lost.',
      },
    },
    begin: ({ air }, { share: loss }) => overrideProperty(air.conditions, 'loss', loss),
  }),
  'radio.bursts': defineFault({
    about:
      'Radio packets are lost in bursts, as by fading and interference, in a channel with a good and a bad state ' +
      '(Gilbert and Elliott).',
    source:
      'E. N. Gilbert, "Capacity of a burst-noise channel", 1960; E. O. Elliott, "Estimates of error rates for codes on ' +
      'burst-noise channels", 1963; the defaults are assumed',
    lasts: true,
    parameters: {
      good: {
        kind: duration(0.001, 3_600),
        default: 2,
        typical: [0.2, 20],
        about: 'Mean time between two bursts.',
      },
      bad: {
        kind: duration(0.001, 3_600),
        default: 0.3,
        typical: [0.02, 4],
        about: 'Mean duration of a burst.',
      },
      share: {
        kind: share(0, 1),
        default: 0.9,
        typical: [0.3, 1],
        about: 'Share of packets that are lost in a burst.',
      },
      share_between: {
        kind: share(0, 0.95),
        default: 0.01,
        typical: [0, 0.1],
        about: 'Share of packets that are lost between bursts.',
      },
    },
    begin: ({ air }, { good, bad, share: lossInBad, share_between: lossInGood }, random) => {
      const parameters = { goodMs: good, badMs: bad, lossInGood, lossInBad };
      const bursts = new BurstLoss(parameters, random.unit, performance.now());
      return overrideProperty(air.conditions, 'bursts', bursts);
    },
  }),
  'radio.oneway': defineFault({
    about:
      'Packets get through in one direction only, as if one side sends with less power or receives with more noise.',
    source:
      'Bluetooth Core Vol 6 Part B, 4.5.1 and 4.5.2: a peripheral responds to what it receives, and each end has a ' +
      'supervision timer of its own',
    lasts: true,
    parameters: {
      lost: {
        kind: oneOf('scooter', 'pi'),
        default: 'scooter',
        about:
          'Whose packets are lost. If those of the scooter are, the Pi loses the connection first, and the scooter ' +
          'does not advertise until its own supervision timeout.',
      },
    },
    begin: ({ air, scooterController, adapter }, { lost }) =>
      air.blockFrom(lost === 'scooter' ? scooterController : adapter.controller),
  }),
  'radio.crowd': defineFault({
    about:
      'Many other devices advertise nearby: advertisements, scan requests and connection requests collide with theirs.',
    source:
      'Bluetooth Core Vol 6 Part B, 2.1 and 4.4.2: the longest packet takes 0.376 ms, and is sent on each channel ' +
      'without listening before; that all devices send the longest packet every 0.1 s is assumed',
    lasts: true,
    parameters: {
      devices: {
        kind: integer('', 1, 2_000),
        default: 100,
        typical: [20, 400],
        about: 'Number of other devices, each of which advertises every 0.1 s.',
      },
    },
    begin: ({ air }, { devices }) =>
      overrideProperty(air.conditions, 'collisions', shareOfCollisions(devices)),
  }),
  'radio.garbage': defineFault({
    about:
      'Other devices advertise data of any type, length and number, also damaged ones and what begins as that of a scooter.',
    source: 'Core Specification Supplement, Part A; devices that advertise the wrong data are assumed',
    lasts: true,
    isDrawn: false,
    parameters: {
      interval: {
        kind: duration(0.001, 60),
        default: 0.2,
        typical: [0.02, 5],
        about: 'Time from one change of what a device advertises to the next.',
      },
      devices: { kind: integer('', 1, 200), default: 10, typical: [1, 40], about: 'Number of such devices.' },
    },
    begin: ({ air }, { devices, interval }, random) => {
      const advertisers = new ArbitraryAdvertisers(air, random, devices);
      const timer = setInterval(() => advertisers.next(), interval);
      return () => {
        clearInterval(timer);
        advertisers.leave();
      };
    },
  }),
  'radio.delay': defineFault({
    about: 'Data arrive late, as on a shared antenna.',
    lasts: true,
    parameters: {
      by: {
        kind: duration(0.001, 60),
        default: 0.3,
        typical: [0.02, 2],
        about: 'Delay.',
      },
    },
    begin: ({ air }, { by }) => overrideProperty(air.conditions, 'delayMs', by),
  }),
};
