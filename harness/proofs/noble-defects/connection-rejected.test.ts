import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandStatus } from '../../world/radio/events.ts';
import { STATUS } from '../../world/radio/status.ts';
import { COMMAND, parseCommand } from './testing/packets.ts';
import { NobleRig } from './testing/noble-rig.ts';

const RESET = 0x0c03;
/** Instances of noble for three refused attempts each: the first one, and those after a restart of the adapter. */
const MAX_INSTANCES = 3;
const REFUSALS = { user: 3, raw: 10 } as const;

const rig = new NobleRig();
beforeEach(() => rig.setUp({ scooter: 'search_window = 60\nreconnect_window = 1800' }));
afterEach(() => rig.close());

interface Refusals {
  /** Number of attempts that the adapter rejects; unlimited by default. */
  readonly times?: number;
  readonly status?: number;
  /** Whether a reset ends it. */
  readonly untilReset?: boolean;
}

/** Makes the adapter reject attempts to connect by Command Status; returns their number so far. */
function refuse({
  times = Infinity,
  status = STATUS.commandDisallowed,
  untilReset = false,
}: Refusals): () => number {
  const { controller } = rig.ride.world.adapter;
  const receive = controller.receive.bind(controller);
  let count = 0;
  let isOver = false;
  controller.receive = (packet) => {
    const opcode = parseCommand(packet)?.opcode;
    if (opcode === RESET && untilReset && count > 0) isOver = true;
    if (opcode !== COMMAND.createConnection || isOver || count >= times) {
      receive(packet);
      return;
    }
    count += 1;
    controller.host.send(commandStatus(COMMAND.createConnection, status));
  };
  return () => count;
}

const restarts = (): number => rig.ride.output.match(/restarting the Bluetooth adapter/g)?.length ?? 0;

describe('an adapter that rejects attempts to connect', () => {
  it('twice is used on', async () => {
    const refused = refuse({ times: 2 });
    rig.startClient();
    await rig.nextSample();
    expect([refused(), restarts()]).toEqual([2, 0]);
    await rig.stopClient();
  });

  it('until it is reset is reset after three attempts', async () => {
    const refused = refuse({ untilReset: true });
    rig.startClient();
    await rig.nextSample();
    expect([refused(), restarts()]).toEqual([REFUSALS.user, 1]);
    await rig.stopClient();
  });

  it.each([STATUS.commandDisallowed, STATUS.invalidParameters, 0x0d])(
    'always (status %i) ends the client with 71, not with 75, though it scans',
    async (status) => {
      const refused = refuse({ status });
      rig.startClient();
      const { code, tookMs } = await rig.waitForExit(30 * 60_000);
      expect(code).toBe(71);
      expect(refused()).toBe(MAX_INSTANCES * REFUSALS.user);
      expect(tookMs).toBeLessThan(10 * 60_000);
      expect(rig.ride.output).toContain('The Bluetooth adapter rejects every attempt to connect');
      expect(rig.ride.output).not.toContain('probably connected');
    },
  );

  it('during a pairing ends it with 71', async () => {
    refuse({});
    const { ride } = rig;
    expect(await ride.clock.until(ride.command('register', 'c8f09e000001', '--overwrite'), 60_000)).toBe(71);
  });

  it('in raw mode, where another program may cause it, is reset only after ten attempts', async () => {
    const { platform } = rig.ride.world;
    const { adapter } = platform;
    Object.assign(platform, { adapter: (name: string) => ({ ...adapter(name), channel: 'raw' }) });
    const refused = refuse({ untilReset: true });
    rig.startClient();
    await rig.until(() => restarts() === 1, 10 * 60_000);
    expect(refused()).toBe(REFUSALS.raw);
    expect(rig.ride.output).not.toContain('probably connected');
    rig.ride.world.adapter.controller.reset();
    await rig.stopClient();
  });
});
