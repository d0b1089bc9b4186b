import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { simOptions, simProgram, type SimOptions } from './options.ts';

function parsed(...args: readonly string[]): SimOptions {
  const program = simProgram().exitOverride();
  return simOptions(program.parse(args, { from: 'user' }));
}

describe('npm run sim', () => {
  it('alone is a Pro 2 on the second adapter of this machine, and nothing else', () => {
    expect(parsed()).toEqual({
      adapter: 'hci1',
      h4: [],
      model: 'pro2',
      address: 'c8:f0:9e:00:00:02',
      memory: '.martinete/simulated-scooter',
      press: false,
    });
  });

  it('in the virtual air with a broker fits the example configuration', () => {
    const { scooter, mqtt } = parse(readFileSync('martinete.toml', 'utf8')) as Record<
      string,
      Record<string, string>
    >;
    const { address, h4, broker } = parsed('--adapter', 'virtual', '--broker');
    expect(address.replaceAll(':', '')).toBe(scooter?.['mac']);
    expect(broker?.replace(':', '://')).toBe(mqtt?.['broker']);
    expect(h4).toEqual(['tcp:127.0.0.1:7400']);
  });

  it('is open where it is told and nowhere else, as the scooter that it is told', () => {
    const places = ['--h4', 'tcp:0.0.0.0:1', '--h4', 'unix:air'];
    expect(parsed('--adapter', 'virtual', ...places, '--address', 'C8F09E00000A')).toMatchObject({
      h4: ['tcp:0.0.0.0:1', 'unix:air'],
      address: 'c8:f0:9e:00:00:0a',
    });
  });
});
