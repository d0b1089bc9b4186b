import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import type { ScooterModel } from '../../../simulator/models/model.ts';
import { findModel } from '../../../simulator/models/models.ts';
import { simOptions, simProgram, type SimOptions } from './options.ts';

function parsed(...args: readonly string[]): SimOptions {
  const program = simProgram()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  return simOptions(program.parse(args, { from: 'user' }));
}

describe('npm run sim', () => {
  it('by default simulates a Pro 2 on the second local adapter, and nothing else', () => {
    expect(parsed()).toEqual({
      adapter: 'hci1',
      h4: [],
      model: findModel('pro2'),
      address: 'c8:f0:9e:00:00:02',
      memory: '.martinete/simulated-scooter',
      press: false,
      quirk: [],
      wait: false,
    });
  });

  it('accepts several quirks by name, and no others', () => {
    expect(parsed('--quirk', 'chatter', '--quirk', 'slow-replies').quirk).toEqual([
      'chatter',
      'slow-replies',
    ]);
    expect(parsed('--quirk', 'chatter', 'slow-replies').quirk).toEqual(['chatter', 'slow-replies']);
    expect(() => parsed('--quirk', 'loud')).toThrow('slow-replies');
  });

  it('on the virtual air with a broker matches the example configuration', () => {
    const { scooter, mqtt } = parse(readFileSync('martinete.toml', 'utf8')) as Record<
      string,
      Record<string, string>
    >;
    const { address, h4, broker } = parsed('--adapter', 'virtual', '--broker');
    expect(address.replaceAll(':', '')).toBe(scooter?.['mac']);
    expect(broker?.replace(':', '://')).toBe(mqtt?.['broker']);
    expect(h4).toEqual(['tcp:127.0.0.1:7400']);
  });

  it('listens only at the given addresses, with the given scooter', () => {
    const addresses = ['--h4', 'tcp:0.0.0.0:1', '--h4', 'unix:air'];
    expect(parsed('--adapter', 'virtual', ...addresses, '--address', 'C8F09E00000A')).toMatchObject({
      h4: ['tcp:0.0.0.0:1', 'unix:air'],
      address: 'c8:f0:9e:00:00:0a',
    });
  });

  it('simulates a model in each of its generations, whatever it advertises', () => {
    const modelOf = (...args: readonly string[]): ScooterModel => parsed('--model', ...args).model;
    expect(modelOf('m365').generation).toBe('plain');
    expect(modelOf('m365', '--generation', 'xor')).toMatchObject({ name: 'M365', generation: 'xor' });
    expect(modelOf('pro3', '--advertisement', 'fe95')).toMatchObject({
      name: 'Mi 3',
      advertisement: 'fe95',
    });
  });

  it.each([
    [['--model', 'mi3', '--generation', 'plain'], 'no Mi 3 has the generation plain: expected miauth'],
    [['--model', 'm365', '--advertisement', 'both'], 'of the generation plain has the advertisement both'],
  ])('rejects %j, which no scooter is', (args, message) => {
    expect(() => parsed(...args)).toThrow(message);
  });
});
