import { readFileSync, readdirSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ride, TOKEN } from './testing/ride.ts';

/** Control characters but the line feed. */
const CONTROL = /(?!\n)\p{Cc}/u;
/** Where the name begins in the advertisement: after the flags, and its own length and type. */
const NAME_OFFSET = 5;

let ride: Ride;
beforeEach(() => {
  ride = new Ride();
  ride.configure();
});
afterEach(() => ride.end());

const prompts = (): number => ride.said.match(/press its power button/g)?.length ?? 0;
const pendingPath = (): string => `${ride.tokenPath}.pending`;

/** Has the scooter advertise another name; of the same length, 13 characters. */
function rename(name: string): void {
  const { advertiser } = ride.world.scooterController;
  const advertisement = Buffer.from(advertiser.advertisement);
  advertisement.write(name, NAME_OFFSET, 'latin1');
  advertiser.advertisement = advertisement;
}

describe('pairing', () => {
  it('asks for the power button, stores the token for its owner alone, and the token works', async () => {
    await ride.begin();
    ride.next('beep', () => ride.world.scooter.pressButton());
    expect(await ride.clock.until(ride.command('register', 'C8F09E000001'))).toBe(0);
    expect(ride.said).toContain('press its power button');
    expect(readFileSync(ride.tokenPath)).toEqual(ride.world.scooter.token);
    expect(statSync(ride.tokenPath).mode & 0o777).toBe(0o600);

    const run = ride.command('run');
    await ride.clock.advance(10_000);
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
    expect(ride.payloads.length).toBeGreaterThan(0);
  });

  it('gives up after five prompts in vain, and writes nothing', async () => {
    await ride.begin();
    expect(await ride.clock.until(ride.command('register', 'c8:f0:9e:00:00:01'), 120_000)).toBe(77);
    expect(ride.said.match(/press its power button/g)).toHaveLength(5);
    expect(() => readFileSync(ride.tokenPath)).toThrow('ENOENT');
  });

  it('leaves an existing token alone, and says how to replace it', async () => {
    await ride.begin({ token: TOKEN });
    expect(await ride.clock.until(ride.command('register', 'c8f09e000001'))).toBe(78);
    expect(readFileSync(ride.tokenPath)).toEqual(TOKEN);
    expect(ride.said).toContain('--overwrite');
    expect(ride.count('connected')).toBe(0);
  });

  it('keeps the old token aside when it is told to replace it', async () => {
    await ride.begin({ token: TOKEN });
    ride.next('beep', () => ride.world.scooter.pressButton());
    expect(await ride.clock.until(ride.command('register', 'c8f09e000001', '--overwrite'))).toBe(0);
    expect(readFileSync(`${ride.tokenPath}.old`)).toEqual(TOKEN);
    expect(readFileSync(ride.tokenPath)).toEqual(ride.world.scooter.token);
  });

  it('takes a press at the fifth prompt', async () => {
    await ride.begin();
    const register = ride.command('register', 'c8f09e000001');
    while (ride.count('beep') < 5) await ride.clock.advance(100);
    ride.world.scooter.pressButton();
    expect(await ride.clock.until(register)).toBe(0);
    expect(prompts()).toBe(5);
    expect(readFileSync(ride.tokenPath)).toEqual(ride.world.scooter.token);
  });

  it('goes on after a connection that failed, without another press', async () => {
    ride.configure({ scooter: 'connect_timeout = 5' });
    await ride.begin();
    ride.next('beep', () => {
      ride.world.scooter.pressButton();
      ride.gap(12_000);
    });
    expect(await ride.clock.until(ride.command('register', 'c8f09e000001'), 120_000)).toBe(0);
    expect(ride.said).toContain('Trying again');
    expect(prompts()).toBe(1);
    expect(readFileSync(ride.tokenPath)).toEqual(ride.world.scooter.token);
  });

  it.each([450, 470, 500, 520, 540, 560, 580, 600])(
    'goes on after a radio silence in the midst of it, %i ms after it connected',
    async (delayMs) => {
      await ride.begin();
      ride.next('beep', () => {
        ride.world.scooter.pressButton();
        ride.next('connected', () => ride.gap(2_500, delayMs));
      });
      expect(await ride.clock.until(ride.command('register', 'c8f09e000001'), 120_000)).toBe(0);
      expect(prompts()).toBe(1);
      expect(readFileSync(ride.tokenPath)).toEqual(ride.world.scooter.token);
    },
  );

  it('keeps a new token that the scooter may know already, when it is stopped before the verdict', async () => {
    await ride.begin({ token: TOKEN });
    ride.next('beep', () => ride.world.scooter.pressButton());
    ride.onEvent('registered', () => ride.world.air.block(ride.world.scooterController));
    const register = ride.command('register', 'c8f09e000001', '--overwrite');
    while (ride.count('registered') === 0) await ride.clock.advance(10);
    await ride.clock.advance(1_000);
    ride.stop();
    await ride.clock.until(register);
    expect(readFileSync(pendingPath())).toEqual(ride.world.scooter.token);
    expect(statSync(pendingPath()).mode & 0o777).toBe(0o600);
    expect(readFileSync(ride.tokenPath)).toEqual(TOKEN);
  });

  it('leaves nothing beside the token once it is done', async () => {
    await ride.begin();
    ride.next('beep', () => ride.world.scooter.pressButton());
    let pendingMode = 0;
    ride.onEvent('registered', () => (pendingMode = statSync(pendingPath()).mode & 0o777));
    expect(await ride.clock.until(ride.command('register', 'c8f09e000001'))).toBe(0);
    expect(pendingMode).toBe(0o600);
    expect(readdirSync(ride.folder).filter((name) => name.startsWith('.mi-token'))).toEqual(['.mi-token']);
  });

  it('does not let the name of a scooter command the terminal', async () => {
    await ride.begin();
    rename('MI\x1b[2J\x07oter01');
    ride.next('beep', () => ride.world.scooter.pressButton());
    expect(await ride.clock.until(ride.command('register', 'c8f09e000001'))).toBe(0);
    expect(ride.said).toContain('MI\\x1b[2J\\x07oter01');
    expect(ride.said).not.toMatch(CONTROL);
  });
});

describe('a scan', () => {
  it('does not let the name of a scooter command the terminal', async () => {
    await ride.begin();
    rename('MI\x1b[2J\x07oter01');
    const { main } = await import('../../../client/cli.ts');
    const scan = main(['scan', '--adapter', 'virtual'], ride.world.edges, new AbortController().signal);
    expect(await ride.clock.until(scan)).toBe(0);
    expect(ride.said).toContain('c8:f0:9e:00:00:01');
    expect(ride.said).toContain('MI\\x1b[2J\\x07oter01');
    expect(ride.said).not.toMatch(CONTROL);
  });
});
