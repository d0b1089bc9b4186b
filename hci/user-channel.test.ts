import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { overrideChannel } from './user-channel.ts';

const USER_CHANNEL = 'HCI_CHANNEL_USER';
const currentValue = (): string | undefined => process.env[USER_CHANNEL];

describe.each([undefined, '1', '0'])(
  'an override of the HCI channel if the environment variable is %s',
  (original) => {
    beforeEach(() => vi.stubEnv(USER_CHANNEL, original));
    afterEach(() => vi.unstubAllEnvs());

    it.each([
      ['raw', undefined],
      ['user', '1'],
    ] as const)('applies %s until it is removed', (channel, value) => {
      const restore = overrideChannel(channel);
      expect(currentValue()).toBe(value);
      restore();
      expect(currentValue()).toBe(original);
    });

    it('has no effect without a channel', () => {
      const restore = overrideChannel(undefined);
      expect(currentValue()).toBe(original);
      restore();
      expect(currentValue()).toBe(original);
    });

    it('yields to newer ones, in whatever order they are removed', () => {
      const [first, second, third] = [
        overrideChannel('raw'),
        overrideChannel('user'),
        overrideChannel('raw'),
      ];
      expect(currentValue()).toBeUndefined();
      first();
      expect(currentValue()).toBeUndefined();
      third();
      expect(currentValue()).toBe('1');
      second();
      expect(currentValue()).toBe(original);
    });

    it('is removed only once', () => {
      const restore = overrideChannel('raw');
      restore();
      const other = overrideChannel('raw');
      restore();
      expect(currentValue()).toBeUndefined();
      other();
      expect(currentValue()).toBe(original);
    });
  },
);
