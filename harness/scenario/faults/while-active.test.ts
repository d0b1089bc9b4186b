import { describe, expect, it } from 'vitest';
import type { Simulation } from '../../world/simulation.ts';
import { FAULTS } from './table.ts';
import { whileActive } from './while-active.ts';

describe('overlapping faults', () => {
  it('begin with the first, and end with the last', () => {
    const log: string[] = [];
    const begin = (): (() => void) => {
      log.push('begin');
      return () => void log.push('end');
    };
    const target = {};
    const first = whileActive(target, 'a', begin);
    const second = whileActive(target, 'a', begin);
    first();
    first();
    expect(log).toEqual(['begin']);
    second();
    expect(log).toEqual(['begin', 'end']);
    whileActive(target, 'a', begin)();
    expect(log).toEqual(['begin', 'end', 'begin', 'end']);
  });

  it('of other families and targets do not count', () => {
    const ended: string[] = [];
    const target = {};
    const a = whileActive(target, 'a', () => () => void ended.push('a'));
    const b = whileActive(target, 'b', () => () => void ended.push('b'));
    const other = whileActive({}, 'a', () => () => void ended.push('other'));
    b();
    other();
    a();
    expect(ended).toEqual(['b', 'other', 'a']);
  });
});

describe('a client that several faults stop', () => {
  /** What happens to a running service, and a registration. */
  function running(): { readonly log: string[]; readonly simulation: Simulation } {
    const log: string[] = [];
    let isRunning = true;
    const set = (running: boolean): void => {
      if (running !== isRunning) log.push(running ? 'start' : 'stop');
      isRunning = running;
    };
    const stop = (): Promise<void> => {
      set(false);
      return Promise.resolve();
    };
    const service = { stop, start: () => set(true) };
    const register = (): (() => void) => {
      log.push('register');
      return () => void log.push('end of register');
    };
    return { log, simulation: { service, register } as unknown as Simulation };
  }
  const begin = (name: 'client.term' | 'client.register', simulation: Simulation): (() => void) =>
    FAULTS[name].begin(simulation, {}, { unit: () => 0, bytes: (count) => Buffer.alloc(count) }, 0) ??
    expect.unreachable();

  it('is started when the last of them ends', () => {
    const { log, simulation } = running();
    const first = begin('client.term', simulation);
    const second = begin('client.term', simulation);
    first();
    expect(log).toEqual(['stop']);
    second();
    expect(log).toEqual(['stop', 'start']);
  });

  it('is stopped again by the second of them if it was restarted during the first', () => {
    const { log, simulation } = running();
    const first = begin('client.term', simulation);
    simulation.service.start();
    const second = begin('client.term', simulation);
    expect(log).toEqual(['stop', 'start', 'stop']);
    first();
    second();
    expect(log).toEqual(['stop', 'start', 'stop', 'start']);
  });

  it('is registered once by overlapping registrations, and not started during another stop', () => {
    const { log, simulation } = running();
    const term = begin('client.term', simulation);
    const first = begin('client.register', simulation);
    const second = begin('client.register', simulation);
    first();
    second();
    expect(log).toEqual(['stop', 'register', 'end of register']);
    term();
    expect(log.at(-1)).toBe('start');
  });
});

describe('an adapter that several faults unplug', () => {
  const random = { unit: () => 0, bytes: (count: number): Buffer => Buffer.alloc(count) };

  it.each([
    ['adapter.down', {}, 'plug'],
    ['adapter.flap', { takes: 0 }, 'plug'],
    ['adapter.mute', {}, 'mute false'],
  ] as const)('is back only when the last of them has ended, after %s', (name, values, back) => {
    const log: string[] = [];
    const adapter = {
      unplug: () => log.push('unplug'),
      plug: () => log.push('plug'),
      mute: (isMute: boolean) => log.push(`mute ${isMute}`),
    };
    const simulation = { adapter } as unknown as Simulation;
    const lasting = name === 'adapter.mute' ? name : 'adapter.down';
    const first = FAULTS[lasting].begin(simulation, {}, random, 0);
    const second = FAULTS[name].begin(simulation, values, random, 0);
    second?.();
    expect(log).not.toContain(back);
    first?.();
    expect(log.at(-1)).toBe(back);
  });
});
