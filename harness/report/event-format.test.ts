import { describe, expect, it } from 'vitest';
import type { EventContent } from '../world/trace/event.ts';
import { countLabel, laneOf, formatEvent, OMITTED, type Lane } from './event-format.ts';

const SAMPLE = {
  type: 'received',
  clientId: 'martinete',
  topic: 'vehicle/1/realtime',
  payload: '{"speed_kmh":20,"boot_id":"ab","seq":12}',
  qos: 1,
  retain: false,
  isWill: false,
} as const;

const EXAMPLES: readonly (readonly [EventContent, Lane, string])[] = [
  [{ type: 'scan', on: true }, 'radio', 'starts scanning'],
  [{ type: 'link.up', supervisionMs: 5_000 }, 'radio', 'connected, supervision timeout 5 s'],
  [{ type: 'link.down', reason: 8 }, 'radio', 'disconnected: supervision timeout (0x08)'],
  [{ type: 'link.down', reason: 0x2a }, 'radio', 'disconnected: reason (0x2a)'],
  [{ type: 'scooter.off' }, 'scooter', 'switched off'],
  [{ type: 'login', ok: false }, 'scooter', 'login rejected'],
  [{ type: 'login.prevented' }, 'scooter', 'ignores or ends a login'],
  [
    { type: 'reply.sent', id: 4, device: 'esc', register: 0xb, data: '0a00' },
    'scooter',
    'reply 4: esc register 0x0b = 0a00',
  ],
  [
    { type: 'reply.withheld', device: 'bms', register: 0x31 },
    'scooter',
    'does not answer a read of bms register 0x31',
  ],
  [
    { type: 'gps.fix', latitude: 43.3707643, longitude: -8.4044641, time: '', heard: true },
    'gps',
    'fix at 43.37076, -8.40446',
  ],
  [{ type: 'gps.fix', time: '', heard: false }, 'gps', 'no fix, not received'],
  [
    { type: 'broker.attempt', clientId: 'martinete', offer: 'MQTT 5, no will' },
    'broker',
    'martinete connecting',
  ],
  [SAMPLE, 'broker', 'received sample 12 on vehicle/1/realtime'],
  [
    { ...SAMPLE, topic: 'vehicle/1/status', payload: 'offline', isWill: true },
    'broker',
    'received "offline" on vehicle/1/status (last will)',
  ],
  [{ type: 'taken', bootId: 'ab', seq: 12 }, 'client', 'sample 12 stored'],
  [{ type: 'sample.damaged', bootId: 'ab', seq: 12 }, 'client', 'sample 12 damaged on the disk'],
  [
    { type: 'client.ended', life: 2, how: 'exit', code: 75 },
    'client',
    'exited with code 75, scooter lost for too long (process 2)',
  ],
  [{ type: 'client.ended', life: 1, how: 'power cut' }, 'client', 'power cut (process 1)'],
  [
    { type: 'client.ended', life: 1, how: 'crashed', error: 'TypeError: no' },
    'client',
    'crashed: TypeError: no (process 1)',
  ],
  [{ type: 'log', level: 'warn', message: 'no GPS fix' }, 'client', 'warn: no GPS fix'],
  [
    { type: 'fault.began', step: 2, fault: 'radio.loss', detail: 'share 0.3' },
    'faults',
    'radio.loss started, share 0.3 (step 2)',
  ],
  [{ type: 'fault.ended', step: 2, fault: 'radio.loss' }, 'faults', 'radio.loss ended (step 2)'],
];

describe('the description of an event', () => {
  it.each(EXAMPLES)('%j', (content, lane, text) => {
    const event = { atMs: 0, ...content };
    expect([laneOf(event), formatEvent(event)]).toEqual([lane, text]);
  });

  it('contains no terminal control characters', () => {
    const evil = '\u001b[2J\n';
    const events: EventContent[] = [
      { ...SAMPLE, topic: evil, payload: evil },
      { type: 'log', level: 'info', message: evil },
      { type: 'broker.connected', clientId: evil, maximumQoS: 2, retainAvailable: true },
      { type: 'client.ended', life: 1, how: 'crashed', error: evil },
      { type: 'fault.began', step: 1, fault: 'radio.gap', detail: evil },
    ];
    for (const event of events) expect(formatEvent({ atMs: 0, ...event })).not.toMatch(/\p{Cc}/u);
  });

  it('distinguishes frequent events, which are counted, from notable ones', () => {
    const counted = (content: EventContent) => countLabel({ atMs: 0, ...content });
    expect(counted(SAMPLE)).toBe('received on realtime');
    expect(counted({ type: 'gps.fix', latitude: 1, longitude: 1, time: '', heard: false })).toBe(
      'fix not received',
    );
    expect(counted({ type: 'log', level: 'debug', message: '' })).toBe(OMITTED);
    expect(counted({ ...SAMPLE, topic: 'vehicle/1/status', payload: 'online' })).toBeUndefined();
    expect(counted({ type: 'link.down', reason: 8 })).toBeUndefined();
  });
});
