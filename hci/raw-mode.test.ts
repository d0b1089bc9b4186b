import { describe, expect, it } from 'vitest';
import { ChannelError } from './adapter-error.ts';
import { rawModeWarning } from './raw-mode.ts';

describe('raw mode', () => {
  it.each(['6.1.0', '6.1.21-v8+', '6.1.0-rpi7-rpi-v8'])('works on Linux %s', (release) => {
    expect(rawModeWarning(release)).toBeUndefined();
  });

  it.each(['6.12.0', '6.12.25+rpt-rpi-v8', '6.13.1', '6.20.0', '7.0.0', '10.1.0'])(
    'is refused on Linux %s, on which every connection stalls, and an alternative is given',
    (release) => {
      expect(() => rawModeWarning(release)).toThrow(ChannelError);
      expect(() => rawModeWarning(release)).toThrow(
        /^Raw mode does not work on Linux .*: .* Use the user channel, .* needs CAP_NET_ADMIN/,
      );
      expect(() => rawModeWarning(release)).toThrow(release);
    },
  );

  it.each(['6.2.0', '6.6.31+rpt-rpi-v8', '6.11.9', '6.0.12', '5.15.84-v7l+', '4.19.12', '', 'unknown'])(
    'is allowed on the untested Linux "%s" with a warning',
    (release) => {
      expect(rawModeWarning(release)).toMatch(/not on /);
      expect(rawModeWarning(release)).toContain(release);
    },
  );
});
