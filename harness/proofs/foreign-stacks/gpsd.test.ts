import { EventEmitter } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fix } from '../../../client/gps/fix.ts';
import { GpsdReader } from '../../../client/gps/gpsd/gpsd-reader.ts';
import { GpsPort } from '../../../client/gps/port.ts';
import { systemPlatform } from '../../../client/platform.ts';
import { VirtualGps, type WrittenMeasurement } from '../../../simulator/gps/receiver.ts';
import { openGpsPort, type GpsPort as ReceiverPort } from '../../commands/sim/gps-port.ts';
import { Gpsd, hasGpsd } from './gpsd.ts';
import { once } from '../../../hci/testing/deadline.ts';

const canRun = hasGpsd();
if (!canRun) process.stderr.write('Tests with gpsd are skipped: gpsd is not installed\n');

const REOPEN_MS = 200;
const INTERVAL_MS = 200;
/** Resolution of the time in NMEA. */
const TIME_RESOLUTION_MS = 10;

function inResolution(time: Date): number {
  return Math.floor(time.getTime() / TIME_RESOLUTION_MS);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe.skipIf(!canRun)('a receiver that gpsd holds', () => {
  const events = new EventEmitter<{ fix: [Fix]; lost: [string]; noFix: [] }>();
  const sent = new Map<number, WrittenMeasurement>();
  let hasSatellites: boolean;
  let output: ReceiverPort;
  let receiver: VirtualGps;
  let reader: GpsdReader;
  let client: GpsPort;
  let gpsd: Gpsd;
  let port: number;

  beforeEach(async () => {
    hasSatellites = true;
    output = await openGpsPort('tcp:127.0.0.1:0', () => undefined);
    const startMs = Date.now();
    receiver = new VirtualGps({
      intervalMs: INTERVAL_MS,
      position: () => {
        const metres = (Date.now() - startMs) / 200;
        const position = { latitude: 43.37 + metres / 111_000, longitude: -8.4, altitudeM: 12.5 };
        return hasSatellites ? { ...position, courseDeg: 45, speedKmh: 18 } : undefined;
      },
      sink: (bytes, measurement) => {
        if (measurement) sent.set(inResolution(measurement.time), measurement);
        output.send(bytes);
      },
    });
    receiver.start();
    port = await freePort();
    client = new GpsPort({
      path: `gpsd://127.0.0.1:${port}`,
      baudRate: 9600,
      openPort: systemPlatform.openPort,
      reopenIntervalMs: REOPEN_MS,
      createReader: () => (reader = new GpsdReader()),
      listener: {
        onFix: (fix) => events.emit('fix', fix),
        onNoFix: () => events.emit('noFix'),
        onLost: (reason) => events.emit('lost', reason),
      },
    });
    startGpsd();
  });

  afterEach(async () => {
    await client.close();
    await gpsd.stop();
    receiver.stop();
    await output.close();
    sent.clear();
    events.removeAllListeners();
  });

  function startGpsd(): void {
    gpsd = new Gpsd(port, output.name.replace('tcp:', 'tcp://'));
  }

  /** Waits for a fix with everything that the receiver measures. */
  async function completeFix(): Promise<Fix> {
    for (;;) {
      const [fix] = (await once(events, 'fix')) as [Fix];
      if (fix.altitudeM !== null && fix.speedKmh !== null && fix.courseDeg !== null) return fix;
    }
  }

  it('gives its positions with everything that it has measured, at their time', async () => {
    client.start();
    for (let count = 0; count < 10; count++) {
      const fix = await completeFix();
      const measurement = sent.get(inResolution(fix.time ?? new Date(NaN)));
      expect(fix.latitude).toBeCloseTo(measurement?.position?.latitude ?? NaN, 7);
      expect(fix.longitude).toBeCloseTo(-8.4, 7);
      expect(fix).toMatchObject({ altitudeM: 12.5, courseDeg: 45 });
      expect(fix.speedKmh).toBeCloseTo(18, 1);
    }
  });

  it('is read again after gpsd was killed and started again', async () => {
    client.start();
    await completeFix();
    const lost = once(events, 'lost');
    await gpsd.stop();
    expect(await lost).toEqual([expect.stringContaining(`gpsd://127.0.0.1:${port} was closed`)]);
    expect(await once(events, 'lost')).toEqual([expect.stringMatching(/ECONNREFUSED.*systemctl start gpsd/)]);
    startGpsd();
    await completeFix();
  });

  it('is explained if it loses its satellites', async () => {
    client.start();
    await completeFix();
    const noFix = once(events, 'noFix');
    hasSatellites = false;
    await noFix;
    await once(receiverOutput(), 'report');
    expect(reader.explain()).toMatch(/^the receiver of gpsd has no fix: 0 satellites in view, 0 used/);
  });

  /** Emits "report" when the client has received something. */
  function receiverOutput(): EventEmitter {
    const received = new EventEmitter();
    const push = reader.push.bind(reader);
    reader.push = (...chunk) => {
      const result = push(...chunk);
      if (result.protocol) queueMicrotask(() => received.emit('report'));
      return result;
    };
    return received;
  }
});
