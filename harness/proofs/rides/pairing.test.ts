import fs, { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TestRide, TOKEN } from './testing/test-ride.ts';

/** Control characters except the line feed. */
const CONTROL = /(?!\n)\p{Cc}/u;
const OTHER_TOKEN = Buffer.from('dozen others');
/** Offset of the name in the advertisement, after the flags and the header of the name. */
const NAME_OFFSET = 5;

let ride: TestRide;
beforeEach(() => {
  ride = new TestRide();
  ride.configure();
});
afterEach(async () => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  await ride.close();
});

/** Makes the disk refuse files whose name ends like this, as a full one does. @returns a function that undoes it */
function fillDisk(ending: string): () => void {
  const { openSync } = fs;
  const spy = vi.spyOn(fs, 'openSync').mockImplementation((path, ...rest) => {
    if (String(path).endsWith(ending)) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    return openSync(path, ...rest);
  });
  syncBuiltinESMExports();
  return () => {
    spy.mockRestore();
    syncBuiltinESMExports();
  };
}

const prompts = (): number => ride.output.match(/The scooter beeps: press the power button/g)?.length ?? 0;
const pendingPath = (): string => `${ride.tokenPath}.pending`;

/** Changes the advertised name of the scooter to another one of 13 characters. */
function rename(name: string): void {
  const { advertiser } = ride.world.scooterController;
  const advertisement = Buffer.from(advertiser.advertisingData);
  advertisement.write(name, NAME_OFFSET, 'latin1');
  advertiser.advertisingData = advertisement;
}

describe('pairing', () => {
  it('prompts for the power button, stores the token readable by its owner only, and the token works', async () => {
    await ride.start();
    ride.onNext('beep', () => ride.world.scooter.pressButton());
    expect(await ride.clock.until(ride.command('register', 'C8F09E000001'))).toBe(0);
    expect(ride.output).toContain('The scooter beeps: press the power button');
    expect(readFileSync(ride.tokenPath)).toEqual(ride.world.scooter.token);
    expect(statSync(ride.tokenPath).mode & 0o777).toBe(0o600);

    const run = ride.command('run');
    await ride.clock.advance(10_000);
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
    expect(ride.payloads.length).toBeGreaterThan(0);
  });

  it('assigns an id to a scooter that was never paired, which reports it from then on', async () => {
    const notified: string[] = [];
    await ride.start({ isNew: true });
    ride.onNotify = ({ bytes }) => {
      notified.push(bytes.toString('hex'));
      return [bytes];
    };
    ride.onNext('beep', () => ride.world.scooter.pressButton());
    expect(await ride.clock.until(ride.command('register', 'C8F09E000001'))).toBe(0);
    expect(notified).toContain('010001000000');
    expect(readFileSync(ride.tokenPath)).toEqual(ride.world.scooter.token);
    ride.onNext('beep', () => ride.world.scooter.pressButton());
    expect(await ride.clock.until(ride.command('register', 'C8F09E000001', '--overwrite'))).toBe(0);
    expect(notified).toContainEqual(
      expect.stringMatching(`^01000100000000${Buffer.from('blt.4.').toString('hex')}`),
    );
  });

  it('ends after five prompts without a press, and writes nothing', async () => {
    await ride.start();
    expect(await ride.clock.until(ride.command('register', 'c8:f0:9e:00:00:01'), 120_000)).toBe(77);
    expect(ride.output.match(/The scooter beeps: press the power button/g)).toHaveLength(5);
    expect(() => readFileSync(ride.tokenPath)).toThrow('ENOENT');
  });

  it('does not replace an existing token, and reports how to replace it', async () => {
    await ride.start({ token: TOKEN });
    expect(await ride.clock.until(ride.command('register', 'c8f09e000001'))).toBe(78);
    expect(readFileSync(ride.tokenPath)).toEqual(TOKEN);
    expect(ride.output).toContain('--overwrite');
    expect(ride.countEvents('connected')).toBe(0);
  });

  it('keeps a copy of a token that it replaces', async () => {
    await ride.start({ token: TOKEN });
    ride.onNext('beep', () => ride.world.scooter.pressButton());
    expect(await ride.clock.until(ride.command('register', 'c8f09e000001', '--overwrite'))).toBe(0);
    expect(readFileSync(`${ride.tokenPath}.old`)).toEqual(TOKEN);
    expect(readFileSync(ride.tokenPath)).toEqual(ride.world.scooter.token);
  });

  it('accepts a press at the fifth prompt', async () => {
    await ride.start();
    const register = ride.command('register', 'c8f09e000001');
    while (ride.countEvents('beep') < 5) await ride.clock.advance(100);
    ride.world.scooter.pressButton();
    expect(await ride.clock.until(register)).toBe(0);
    expect(prompts()).toBe(5);
    expect(readFileSync(ride.tokenPath)).toEqual(ride.world.scooter.token);
  });

  it('continues after a failed connection, without another press', async () => {
    ride.configure({ scooter: 'connect_timeout = 5' });
    await ride.start();
    ride.onNext('beep', () => {
      ride.world.scooter.pressButton();
      ride.radioGap(12_000);
    });
    expect(await ride.clock.until(ride.command('register', 'c8f09e000001'), 120_000)).toBe(0);
    expect(ride.output).toContain('Trying again');
    expect(prompts()).toBe(1);
    expect(readFileSync(ride.tokenPath)).toEqual(ride.world.scooter.token);
  });

  it.each([450, 470, 500, 520, 540, 560, 580, 600])(
    'continues after a radio gap %i ms after the connection',
    async (delayMs) => {
      await ride.start();
      ride.onNext('beep', () => {
        ride.world.scooter.pressButton();
        ride.onNext('connected', () => ride.radioGap(2_500, delayMs));
      });
      expect(await ride.clock.until(ride.command('register', 'c8f09e000001'), 120_000)).toBe(0);
      expect(prompts()).toBe(1);
      expect(readFileSync(ride.tokenPath)).toEqual(ride.world.scooter.token);
    },
  );

  it('keeps a new token that the scooter may have stored, if it is stopped before the result', async () => {
    await ride.start({ token: TOKEN });
    ride.onNext('beep', () => ride.world.scooter.pressButton());
    ride.onEvent('registered', () => ride.world.air.block(ride.world.scooterController));
    const register = ride.command('register', 'c8f09e000001', '--overwrite');
    while (ride.countEvents('registered') === 0) await ride.clock.advance(10);
    await ride.clock.advance(1_000);
    ride.stop();
    await ride.clock.until(register);
    expect(readFileSync(pendingPath())).toEqual(ride.world.scooter.token);
    expect(statSync(pendingPath()).mode & 0o777).toBe(0o600);
    expect(readFileSync(ride.tokenPath)).toEqual(TOKEN);
    expect(ride.output).toContain('interrupted at its end');
  });

  it.each([
    { previous: 'refused', token: TOKEN },
    { previous: 'missing', token: undefined },
  ])(
    'that was interrupted at its end has the token adopted that the scooter stored (previous token $previous)',
    async ({ token }) => {
      await ride.start({ ...(token && { token }) });
      ride.world.scooter.bind(OTHER_TOKEN);
      writeFileSync(pendingPath(), OTHER_TOKEN, { mode: 0o600 });
      const run = ride.command('run');
      await ride.clock.advance(20_000);
      ride.stop();
      expect(await ride.clock.until(run)).toBe(0);
      expect(ride.payloads.length).toBeGreaterThan(0);
      expect(ride.output).toContain('adopted the pending token');
      expect(readFileSync(ride.tokenPath)).toEqual(OTHER_TOKEN);
      expect(existsSync(pendingPath())).toBe(false);
    },
  );

  it('that was interrupted before the scooter stored the token leaves the previous one valid', async () => {
    await ride.start({ token: TOKEN });
    writeFileSync(pendingPath(), OTHER_TOKEN, { mode: 0o600 });
    const run = ride.command('run');
    await ride.clock.advance(10_000);
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
    expect(readFileSync(ride.tokenPath)).toEqual(TOKEN);
    expect(existsSync(pendingPath())).toBe(false);
  });

  it('that was interrupted ends the client with 77 if the scooter refuses both tokens', async () => {
    await ride.start({ token: TOKEN });
    ride.world.scooter.bind(Buffer.alloc(12, 3));
    writeFileSync(pendingPath(), OTHER_TOKEN, { mode: 0o600 });
    expect(await ride.clock.until(ride.command('run'))).toBe(77);
    expect(ride.countEvents('connected')).toBe(2);
    expect(readFileSync(pendingPath())).toEqual(OTHER_TOKEN);
  });

  it('succeeds even if the adapter does not confirm the disconnect afterwards', async () => {
    await ride.start();
    ride.onNext('beep', () => ride.world.scooter.pressButton());
    const register = ride.command('register', 'c8f09e000001');
    while (!existsSync(ride.tokenPath) && ride.clock.now() < 60_000) await ride.clock.advance(1);
    ride.world.adapter.mute(true);
    expect(await ride.clock.until(register)).toBe(0);
    expect(ride.output).toContain('Paired.');
    expect(readFileSync(ride.tokenPath)).toEqual(ride.world.scooter.token);
  });

  it('leaves no other file beside the token', async () => {
    await ride.start();
    ride.onNext('beep', () => ride.world.scooter.pressButton());
    let pendingMode = 0;
    ride.onEvent('registered', () => (pendingMode = statSync(pendingPath()).mode & 0o777));
    expect(await ride.clock.until(ride.command('register', 'c8f09e000001'))).toBe(0);
    expect(pendingMode).toBe(0o600);
    expect(readdirSync(ride.folder).filter((name) => name.startsWith('.mi-token'))).toEqual(['.mi-token']);
  });

  it('is not begun if the disk is full: the button need not be pressed', async () => {
    await ride.start();
    const restore = fillDisk('.pending.new');
    expect(await ride.clock.until(ride.command('register', 'c8f09e000001'))).toBe(78);
    expect(ride.output).toBe(
      `martinete: Cannot write a token into ${ride.folder}, the disk is full: free some space.\n`,
    );
    expect(ride.countEvents('connected')).toBe(0);
    restore();
  });

  it('says that the scooter was not paired if the disk is full by then', async () => {
    await ride.start();
    let restore = (): void => undefined;
    ride.onNext('beep', () => {
      ride.world.scooter.pressButton();
      restore = fillDisk('.pending.new');
    });
    expect(await ride.clock.until(ride.command('register', 'c8f09e000001'))).toBe(78);
    restore();
    expect(ride.countEvents('registered')).toBe(0);
    expect(ride.output).toContain(
      'the disk is full: free some space. The scooter was not paired: run this command again afterwards.\n',
    );
    expect(ride.output).not.toContain('interrupted at its end');
    expect(existsSync(pendingPath())).toBe(false);
  });

  it('says where the new token is if the disk is full when the scooter has stored it, and `run` uses it', async () => {
    await ride.start();
    ride.onNext('beep', () => ride.world.scooter.pressButton());
    let restore = (): void => undefined;
    ride.onEvent('registered', () => (restore = fillDisk('.mi-token.new')));
    expect(await ride.clock.until(ride.command('register', 'c8f09e000001'))).toBe(78);
    restore();
    expect(ride.output).toContain(`The scooter is paired: its new token is in ${pendingPath()}, and`);
    expect(ride.output).not.toContain('interrupted at its end');
    expect(readFileSync(pendingPath())).toEqual(ride.world.scooter.token);
    const run = ride.command('run');
    await ride.clock.advance(10_000);
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
    expect(ride.payloads.length).toBeGreaterThan(0);
    expect(readFileSync(ride.tokenPath)).toEqual(ride.world.scooter.token);
  });

  it('is not begun if the token file is a folder', async () => {
    await ride.start();
    mkdirSync(ride.tokenPath);
    expect(await ride.clock.until(ride.command('register', 'c8f09e000001', '--overwrite'))).toBe(78);
    expect(ride.output).toContain(`Cannot read the token at ${ride.tokenPath}: it is a folder`);
    expect(ride.countEvents('connected')).toBe(0);
  });

  it('escapes control characters in the name of a scooter', async () => {
    await ride.start();
    rename('MI\x1b[2J\x07oter01');
    ride.onNext('beep', () => ride.world.scooter.pressButton());
    expect(await ride.clock.until(ride.command('register', 'c8f09e000001'))).toBe(0);
    expect(ride.output).toContain('MI\\x1b[2J\\x07oter01');
    expect(ride.output).not.toMatch(CONTROL);
  });
});

describe('a scan', () => {
  it('escapes control characters in the name of a scooter', async () => {
    await ride.start();
    rename('MI\x1b[2J\x07oter01');
    const { main } = await import('../../../client/cli.ts');
    const scan = main(['scan', '--adapter', 'virtual'], ride.world.platform, new AbortController().signal);
    expect(await ride.clock.until(scan)).toBe(0);
    expect(ride.output).toContain('c8:f0:9e:00:00:01');
    expect(ride.output).toContain('MI\\x1b[2J\\x07oter01');
    expect(ride.output).not.toMatch(CONTROL);
  });

  it('says that the signal strength is unknown if the adapter does not know it', async () => {
    await ride.start();
    // What an advertising report contains if there is no RSSI.
    Object.assign(ride.world.scooterController, { rssi: 127 });
    const { main } = await import('../../../client/cli.ts');
    const scan = main(['scan', '--adapter', 'virtual'], ride.world.platform, new AbortController().signal);
    expect(await ride.clock.until(scan)).toBe(0);
    expect(ride.output).toContain('c8:f0:9e:00:00:01  RSSI unknown  MIScooter');
    expect(ride.output).not.toContain('127');
  });
});
