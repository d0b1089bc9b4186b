import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScooterModel } from '../../../simulator/models/model.ts';
import { findModel } from '../../../simulator/models/models.ts';
import { simOptions, simProgram, type SimOptions } from './options.ts';

function parsed(...args: readonly string[]): SimOptions {
  const program = simProgram()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  return simOptions(program.parse(args, { from: 'user' }));
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'martinete-sim-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('npm run sim', () => {
  it('by default simulates a Pro 2 on the second local adapter, and nothing else', () => {
    expect(parsed()).toEqual({
      adapter: 'hci1',
      h4: [],
      model: findModel('pro2'),
      address: 'c8:f0:9e:00:00:02',
      memory: '.martinete/simulated-scooter',
      isAddressIgnored: false,
      ride: { start: { activity: 'riding', isCharging: false, isLocked: false } },
      unpaired: false,
      press: false,
      quirk: [],
      wait: false,
    });
  });

  it('stores the pairing of each address in a file of its own, unless one is given', () => {
    const memoryOf = (...args: readonly string[]): string => parsed('--adapter', 'virtual', ...args).memory;
    expect(memoryOf()).toBe('.martinete/virtual-scooter');
    expect(memoryOf('--address', 'C8F09E000001')).toBe('.martinete/virtual-scooter');
    expect(memoryOf('--address', 'C8F09E00000A')).toBe('.martinete/virtual-scooter-c8f09e00000a');
    expect(memoryOf('--address', 'C8F09E00000A', '--memory', 'mine')).toBe('mine');
    expect(simProgram().helpInformation()).toMatch(/--memory[^-]*\.martinete\/simulated-\s*scooter/);
  });

  it('accepts several quirks by name, and no others', () => {
    expect(parsed('--quirk', 'chatter', '--quirk', 'slow-replies').quirk).toEqual([
      'chatter',
      'slow-replies',
    ]);
    expect(parsed('--quirk', 'chatter', 'slow-replies').quirk).toEqual(['chatter', 'slow-replies']);
    expect(() => parsed('--quirk', 'loud')).toThrow('slow-replies');
  });

  it('accepts only quirks that the generation can have', () => {
    const xor = ['--model', 'pro', '--generation', 'xor', '--quirk'];
    expect(parsed(...xor, 'plain-answers').quirk).toEqual(['plain-answers']);
    expect(() => parsed(...xor, 'lost-logins')).toThrow(
      '--quirk lost-logins requires --generation miauth: the M365 Pro is of the generation xor',
    );
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

  it.each([
    [['--charging'], { activity: 'parked', isCharging: true }],
    [['--pushed', '--locked'], { activity: 'pushed', isLocked: true }],
    [['--parked', '--error', '15', '--warning', '12', '--mode', '1'], { error: 15, warning: 12, mode: 1 }],
  ])('starts in the state of %j', (args, start) => {
    expect(parsed(...args).ride.start).toMatchObject(start);
  });

  it('starts with the given battery, odometer and rider, on the given route, never paired', () => {
    const gpx = join(folder, 'route.gpx');
    const points = [43, 43.01].map((latitude) => `<trkpt lat="${latitude}" lon="-8"><ele>5</ele></trkpt>`);
    writeFileSync(gpx, `<gpx><trk><trkseg>${points.join('')}</trkseg></trk></gpx>`);
    const args = [
      '--percent',
      '42.5',
      '--odometer',
      '1306',
      '--rider-kg',
      '90',
      '--route',
      gpx,
      '--unpaired',
    ];
    const { ride, unpaired } = parsed(...args);
    expect(unpaired).toBe(true);
    expect(ride).toMatchObject({ startPercent: 42.5, startOdometerM: 1_306_000, riderKg: 90 });
    expect(ride.route?.lengthM).toBeCloseTo(2224, 0);
    expect(parsed('--route', 'generated').ride.route?.lengthM).toBeGreaterThan(2000);
  });

  it('says which slopes of a GPX file were limited, if any', () => {
    const noticeOf = (heightM: number): string | undefined => {
      const gpx = join(folder, 'route.gpx');
      const points = [0, heightM].map(
        (ele, i) => `<trkpt lat="${43 + i / 1000}" lon="-8"><ele>${ele}</ele></trkpt>`,
      );
      writeFileSync(gpx, `<gpx><trk><trkseg>${points.join('')}</trkseg></trk></gpx>`);
      return parsed('--route', gpx).routeNotice;
    };
    expect(noticeOf(10)).toBeUndefined();
    expect(noticeOf(100)).toBe('smoothed slopes of up to 55 % are limited to 20 %');
    expect(parsed('--route', 'generated').routeNotice).toBeUndefined();
  });

  it('freezes a moment, and switches itself off', () => {
    expect(parsed('--hold').holdAtMs).toBe(50_000);
    expect(parsed('--hold', '0').holdAtMs).toBe(0);
    expect(parsed('--auto-off', '10').autoOffMs).toBe(600_000);
  });

  it.each([
    [[], false],
    [['--address', 'C8F09E00000A'], true],
    [['--adapter', 'tcp:127.0.0.1:7400', '--address', 'C8F09E00000A'], true],
    [['--adapter', 'virtual', '--address', 'C8F09E00000A'], false],
  ])('with %j knows whether the controller keeps its own address', (args, isIgnored) => {
    expect(parsed(...args).isAddressIgnored).toBe(isIgnored);
  });

  it.each([
    [['--charging', '--pushed'], 'cannot be used with'],
    [['--hold', '--auto-off', '10'], 'cannot be used with'],
    [['--model', 'm365', '--mode', '2'], 'no M365 has the mode 2: expected 0 or 1'],
    [['--error', '256'], 'Expected a number from 0 to 255'],
    [['--mode', '1.5'], 'Expected a whole number from 0 to 2'],
    [['--percent', ''], 'Expected a number from 0 to 100'],
    [['--hold', 'now'], 'Expected a number from 0 to 86400'],
    [['--route', 'nowhere.gpx'], 'there is no such file'],
    [['--route', 'docs'], 'it is a folder: name the file in it'],
    [['--route', 'package.json'], 'not a GPX file'],
  ])('rejects %j', (args, message) => {
    expect(() => parsed(...args)).toThrow(message);
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
    [
      ['--model', 'm365', '--unpaired'],
      '--unpaired requires --generation miauth: the M365 is of the generation plain',
    ],
    [
      ['--model', 'pro', '--generation', 'xor', '--unpaired'],
      'the M365 Pro is of the generation xor, which has no pairing',
    ],
    [['--model', 'm365', '--advertisement', 'both'], 'of the generation plain has the advertisement both'],
  ])('rejects %j, which no scooter is', (args, message) => {
    expect(() => parsed(...args)).toThrow(message);
  });
});
