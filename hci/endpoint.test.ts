import { describe, expect, it } from 'vitest';
import { ENDPOINTS } from './endpoint.ts';

const parsed = (name: string): unknown[] => ENDPOINTS.map(({ parse }) => parse(name)).filter(Boolean);

describe('an endpoint', () => {
  it.each([
    ['tcp:localhost:6402', { host: 'localhost', port: 6402 }],
    ['tcp:192.168.1.7:0', { host: '192.168.1.7', port: 0 }],
    ['tcp:pi.example.org:65535', { host: 'pi.example.org', port: 65535 }],
    ['tcp:[::1]:6402', { host: '::1', port: 6402 }],
    ['tcp:[fe80::1%eth0]:6402', { host: 'fe80::1%eth0', port: 6402 }],
    ['unix:/run/chip', { path: '/run/chip' }],
    ['unix:chip: two', { path: 'chip: two' }],
    [`unix:${'x'.repeat(107)}`, { path: 'x'.repeat(107) }],
  ])('is named %s', (name, endpoint) => {
    expect(parsed(name)).toEqual([endpoint]);
  });

  it.each([
    ...[
      '',
      'tcp:',
      'tcp:localhost',
      'tcp::6402',
      'tcp:localhost:',
      'tcp:localhost:65536',
      'tcp:localhost:-1',
    ],
    ...['tcp:::1:6402', 'tcp:[localhost]:1', 'tcp:[]:1', 'tcp:a b:1', 'tcp://localhost:1', 'TCP:localhost:1'],
    ...['unix:', `unix:${'x'.repeat(108)}`, `unix:${'ä'.repeat(54)}`, 'unix:a\0b', 'udp:localhost:1', 'hci0'],
  ])('is not named %j', (name) => {
    expect(parsed(name)).toEqual([]);
  });
});
