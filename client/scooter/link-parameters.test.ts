import { describe, expect, it } from 'vitest';
import { parseConfig } from '../config/load.ts';
import { linkParameters, stepTimeoutMs } from './link-parameters.ts';

const scooter = (keys: string) =>
  parseConfig(
    `[mqtt]\nbroker = "tcp://a"\ntopic = "a/b"\n[scooter]\nmac = "c8f09e000001"\nrequest_timeout = 2\n${keys}`,
    '/martinete.toml',
  ).scooter;

describe('the effective supervision timeout', () => {
  it('is the configured one in the user channel', () => {
    const config = scooter('supervision_timeout = 8');
    expect(linkParameters(config).supervisionTimeoutMs).toBe(8_000);
    expect(stepTimeoutMs(config)).toBe(10_000);
  });

  it('is the kernel default in raw mode, which also shortens every wait', () => {
    const config = scooter('supervision_timeout = 8\nhci_channel = "raw"');
    expect(linkParameters(config).supervisionTimeoutMs).toBe(420);
    expect(stepTimeoutMs(config)).toBe(2_420);
  });
});
