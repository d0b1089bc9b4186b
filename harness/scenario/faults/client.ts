import { outbox } from '../../../client/config/keys/outbox.ts';
import { integer, oneOf } from '../../../client/config/values.ts';
import { duration } from '../format/values.ts';
import { bindAgain } from './bind-again.ts';
import { requiresPairing } from './requires-pairing.ts';
import type { Simulation } from '../../world/simulation.ts';
import { defineFault } from './fault.ts';
import { whileActive } from './while-active.ts';

const DAY_S = 86_400;
const { max_count, max_age, when_full } = outbox.keys;
const TOKEN_BYTES = 12;
/** Number of beeps that no registration has. */
const NEVER_PRESSED = 100;

/** Faults of the client's process, and of the Pi that it runs on. */
export const clientFaults = {
  'client.kill': defineFault({
    about: 'The client is killed.',
    lasts: false,
    parameters: {
      how: {
        kind: oneOf('process', 'power'),
        default: 'process',
        about: 'Whether the process is killed (SIGKILL), or the Pi loses power.',
      },
      takes: {
        kind: duration(0.1, DAY_S),
        default: 15,
        typical: [1, 60],
        about: 'Time until the Pi has booted again.',
      },
    },
    begin: ({ service, disk }, { how, takes }) => {
      if (how === 'process') {
        service.kill();
        return undefined;
      }
      service.powerCut();
      const timer = setTimeout(() => {
        disk.powerOn();
        service.powerOn();
      }, takes);
      return () => clearTimeout(timer);
    },
  }),
  'client.term': defineFault({
    about: 'The client is stopped by SIGTERM, and started again at the end of the fault.',
    lasts: true,
    begin: ({ service }) => keepStopped(service),
  }),
  'client.restart': defineFault({
    about: 'The client is restarted, as by `systemctl restart`.',
    lasts: false,
    begin: ({ service }) => {
      service.restart();
      return undefined;
    },
  }),
  'client.configure': defineFault({
    about: 'The owner changes the limits of the outbox in `martinete.toml`, and restarts the client.',
    lasts: false,
    parameters: {
      max_count: {
        kind: max_count.kind,
        default: max_count.default,
        typical: [3, 500],
        about: 'Maximum number of stored samples.',
      },
      max_age: {
        kind: duration(1, max_age.default),
        default: max_age.default,
        typical: [20, 300],
        about: 'Maximum age of a stored sample.',
      },
      when_full: {
        kind: when_full.kind,
        default: when_full.default,
        about: 'Which samples are dropped if the outbox is full.',
      },
    },
    begin: (simulation, { max_age: maxAgeMs, ...limits }) => {
      simulation.configure({ outbox: { ...limits, max_age: maxAgeMs / 1_000 } });
      simulation.service.restart();
      return undefined;
    },
  }),
  'client.interrupt': defineFault({
    about:
      'The client is stopped by SIGTERM, and gets another signal meanwhile: SIGTERM and SIGINT end it at once, SIGHUP does ' +
      'not. It is started again at the end of the fault.',
    source: 'docs/client.md: exit code 130',
    lasts: true,
    isDrawn: false,
    parameters: {
      signal: { kind: oneOf('SIGTERM', 'SIGINT', 'SIGHUP'), default: 'SIGTERM', about: 'The second signal.' },
      after: { kind: duration(0.001, 4), default: 0.5, about: 'Time between the signals.' },
    },
    begin: ({ service }, { signal, after }) => {
      void service.stop();
      const timer = setTimeout(() => service.signal(signal), after);
      return () => {
        clearTimeout(timer);
        service.start();
      };
    },
  }),
  'client.hangup': defineFault({
    about:
      'The client is stopped by SIGHUP, as by a terminal that is closed, and started again at the end of the fault.',
    lasts: true,
    parameters: {
      times: { kind: integer('', 1, 10), default: 1, typical: [1, 3], about: 'Number of signals.' },
    },
    begin: ({ service }, { times }) => {
      service.sendHangup(times);
      return () => service.start();
    },
  }),
  'client.register': defineFault({
    about:
      'The owner stops the client and runs `martinete register`, pressing the power button at the beep; at the end of ' +
      'the fault the client is started.',
    lasts: true,
    parameters: {
      beep: {
        kind: integer('', 1, NEVER_PRESSED),
        default: 1,
        about: `First beep at which the button is pressed; ${NEVER_PRESSED} are more than there are.`,
      },
    },
    begin: (simulation, { beep }) => {
      const start = keepStopped(simulation.service);
      const endCommand = whileActive(simulation.service, 'registration', () => simulation.register(beep));
      return () => {
        endCommand();
        start();
      };
    },
    check: requiresPairing,
  }),
  'client.repair': defineFault({
    about:
      'The owner pairs the scooter again from another terminal while the client is running: the connection ends, and the ' +
      'token file is replaced.',
    lasts: false,
    begin: (simulation, _values, random) => {
      const token = random.bytes(TOKEN_BYTES);
      simulation.replaceToken(token);
      bindAgain(simulation, token);
      return undefined;
    },
    check: requiresPairing,
  }),
  'client.pending': defineFault({
    about:
      'The same, but interrupted at its end: the scooter has the new token, which is stored beside that of the token file.',
    lasts: false,
    isDrawn: false,
    begin: (simulation, _values, random) => {
      const token = random.bytes(TOKEN_BYTES);
      simulation.storePendingToken(token);
      bindAgain(simulation, token);
      return undefined;
    },
    check: requiresPairing,
  }),
  'client.token': defineFault({
    about: 'Something is wrong with the token file; at the end of the fault the owner repairs it.',
    lasts: true,
    isDrawn: false,
    parameters: {
      how: {
        kind: oneOf('missing', 'short', 'unreadable'),
        default: 'missing',
        about: 'What: there is none, it has a byte less, or it cannot be read.',
      },
    },
    begin: (simulation, { how }) => simulation.damageToken(how),
    check: requiresPairing,
  }),
  'client.pause': defineFault({
    about: 'The owner pauses the client by `martinete pause` for the duration of the fault, for a phone app.',
    lasts: true,
    begin: (simulation, _values, _random, forMs) => {
      simulation.pause(forMs);
      return undefined;
    },
  }),
};

/** Stops the client. @returns starts it, once the last of several overlapping faults that stop it has ended */
function keepStopped(service: Simulation['service']): () => void {
  // It may have been restarted since another fault stopped it.
  void service.stop();
  return whileActive(service, 'stopped', () => () => service.start());
}
