import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { overrideChannel } from './user-channel.ts';

const USER_CHANNEL = 'HCI_CHANNEL_USER';
const switchNow = (): string | undefined => process.env[USER_CHANNEL];

describe.each([undefined, '1', '0'])('a channel that is held where the environment says %s', (outer) => {
  beforeEach(() => vi.stubEnv(USER_CHANNEL, outer));
  afterEach(() => vi.unstubAllEnvs());

  it.each([
    ['raw', undefined],
    ['user', '1'],
  ] as const)('is %s until it is let go of', (channel, value) => {
    const release = overrideChannel(channel);
    expect(switchNow()).toBe(value);
    release();
    expect(switchNow()).toBe(outer);
  });

  it('is what the environment says, where none is asked for', () => {
    const release = overrideChannel(undefined);
    expect(switchNow()).toBe(outer);
    release();
    expect(switchNow()).toBe(outer);
  });

  it('is the one of the youngest who holds one, in whatever order they let go', () => {
    const [first, second, third] = [overrideChannel('raw'), overrideChannel('user'), overrideChannel('raw')];
    expect(switchNow()).toBeUndefined();
    first();
    expect(switchNow()).toBeUndefined();
    third();
    expect(switchNow()).toBe('1');
    second();
    expect(switchNow()).toBe(outer);
  });

  it('is let go of once, however often that is said', () => {
    const release = overrideChannel('raw');
    release();
    const other = overrideChannel('raw');
    release();
    expect(switchNow()).toBeUndefined();
    other();
    expect(switchNow()).toBe(outer);
  });
});
