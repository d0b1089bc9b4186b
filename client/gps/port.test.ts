import { getEventListeners } from 'node:events';
import { Duplex } from 'node:stream';
import type { SerialPort } from 'serialport';
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { adviceFor } from './advice.ts';
import { CLOSE_TIMEOUT_MS, type SerialPortLike } from './serial-connection.ts';
import { MAX_FIX_AGE_MS } from './fix.ts';
import { NmeaReader } from './nmea/nmea-reader.ts';
import { GpsPort, type GpsPortOptions } from './port.ts';

const REOPEN_MS = 5000;

type Done = (error: Error | null) => void;
/** How a port reacts to open and close. */
type Behavior = 'opens' | 'fails' | 'hangs' | 'never closes';

/** Fake of a serialport stream: opens and closes asynchronously, and can be unplugged. */
class FakePort extends Duplex {
  isOpen = false;
  numberOfCloses = 0;
  readonly written: string[] = [];
  readonly #behavior: Behavior;
  #onOpen: Done | undefined;

  constructor(behavior: Behavior) {
    super();
    this.#behavior = behavior;
  }

  open(done: Done): void {
    this.#onOpen = done;
    if (this.#behavior === 'fails') process.nextTick(done, new Error('No such file or directory'));
    else if (this.#behavior !== 'hangs') process.nextTick(() => this.completeOpen());
  }

  completeOpen(): void {
    this.isOpen = true;
    this.emit('open');
    this.#onOpen?.(null);
  }

  close(done: Done): void {
    if (!this.isOpen) {
      process.nextTick(done, new Error('Port is not open'));
      return;
    }
    this.numberOfCloses += 1;
    this.isOpen = false;
    if (this.#behavior === 'never closes') return;
    process.nextTick(() => {
      this.emit('close', null);
      done(null);
    });
  }

  unplug(): void {
    this.isOpen = false;
    this.emit('close', Object.assign(new Error('bad file descriptor'), { disconnected: true }));
  }

  override _read(): void {
    // Tests push the data.
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.written.push(bytes.toString());
    done();
  }

  get listenerTotal(): number {
    return ['data', 'close', 'end'].reduce((sum, event) => sum + this.listenerCount(event), 0);
  }
}

function sentence(body: string): string {
  const sum = Buffer.from(body).reduce((xor, byte) => xor ^ byte, 0);
  return `$${body}*${sum.toString(16).padStart(2, '0')}\r\n`;
}

function measurement(second: number): Buffer {
  const time = `1620${String(second).padStart(2, '0')}.00`;
  const place = '4319.736021,N,00824.498574,W';
  const rmc = sentence(`GNRMC,${time},A,${place},5.0,84.4,150724,,,A`);
  return Buffer.from(rmc + sentence(`GNGGA,${time},${place},1,08,0.9,176.0,M,54.6,M,,`));
}

/** Creates a `GpsPort` whose serial ports behave as listed; the last behavior applies to all further ones. */
function createPort(behaviors: Behavior[], options: Partial<GpsPortOptions> = {}) {
  const ports: FakePort[] = [];
  const events: string[] = [];
  const sends: ((bytes: Buffer) => void)[] = [];
  const gps = new GpsPort({
    path: '/dev/ttyUSB1',
    baudRate: 115_200,
    openPort: () => {
      const port = new FakePort(behaviors[Math.min(ports.length, behaviors.length - 1)] ?? 'opens');
      ports.push(port);
      return port;
    },
    listener: {
      onFix: ({ time }) => events.push(`fix ${time?.getUTCSeconds()}`),
      onNoFix: () => events.push('no fix'),
      onLost: (reason) => events.push(reason),
    },
    reopenIntervalMs: REOPEN_MS,
    createReader: () =>
      Object.assign(new NmeaReader(), {
        start: (send: (bytes: Buffer) => void) => {
          sends.push(send);
          events.push('open');
        },
      }),
    ...options,
  });
  return { gps, ports, events, sends };
}

const advance = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a receiver on a serial port', () => {
  it('is opened, and its fixes are reported and kept', async () => {
    const { gps, ports, events } = createPort(['opens']);
    gps.start();
    await advance(10);
    expect(gps.latest).toBeUndefined();
    ports[0]?.push(measurement(1));
    ports[0]?.push(measurement(2));
    await advance(10);
    expect(events).toEqual(['open', 'fix 1', 'fix 2']);
    expect(gps.latest).toMatchObject({ latitude: 43.32893368333333, altitudeM: 176 });
    await gps.close();
  });

  it('can be a SerialPort of the serialport package', () => {
    expectTypeOf<SerialPort>().toExtend<SerialPortLike>();
  });

  it('is opened with the path and the baud rate', async () => {
    const openPort = vi.fn(() => new FakePort('opens'));
    const { gps } = createPort([], { openPort });
    gps.start();
    await advance(0);
    expect(openPort).toHaveBeenCalledWith('/dev/ttyUSB1', 115_200);
    await gps.close();
  });

  it('can be written to while it is open; later writes do nothing', async () => {
    const { gps, ports, sends } = createPort(['opens']);
    gps.start();
    await advance(0);
    sends[0]?.(Buffer.from('AT+CGPS=1\r'));
    ports[0]?.unplug();
    sends[0]?.(Buffer.from('too late'));
    expect(ports[0]?.written).toEqual(['AT+CGPS=1\r']);
    await gps.close();
  });

  it('that loses its fix is reported once per loss', async () => {
    const { gps, ports, events } = createPort(['opens']);
    gps.start();
    await advance(3 * MAX_FIX_AGE_MS);
    ports[0]?.push(measurement(1));
    await advance(MAX_FIX_AGE_MS - 1);
    expect(events).toEqual(['open', 'no fix', 'fix 1']);
    await advance(MAX_FIX_AGE_MS);
    expect(events).toEqual(['open', 'no fix', 'fix 1', 'no fix']);
    expect(gps.latest?.time?.getUTCSeconds()).toBe(1);
    await gps.close();
  });
});

describe('a receiver that is lost', () => {
  it.each<[string, (port: FakePort) => void, string]>([
    ['is unplugged', (port) => port.unplug(), '/dev/ttyUSB1 was closed: bad file descriptor'],
    ['fails', (port) => port.emit('error', new Error('EIO')), '/dev/ttyUSB1 failed: EIO'],
    ['ends its stream', (port) => port.push(null), '/dev/ttyUSB1 was closed: no reason given'],
  ])('because it %s is opened again after the interval, with a new port', async (_, lose, reason) => {
    const { gps, ports, events } = createPort(['opens']);
    gps.start();
    await advance(0);
    const [first] = ports;
    if (first) lose(first);
    await advance(REOPEN_MS - 1);
    expect(events.filter((line) => line !== 'no fix')).toEqual(['open', expect.stringContaining(reason)]);
    expect(ports).toHaveLength(1);
    expect(first?.isOpen).toBe(false);
    expect(first?.listenerTotal).toBe(0);
    await advance(1);
    ports[1]?.push(measurement(9));
    await advance(0);
    expect(events.slice(-2)).toEqual(['open', 'fix 9']);
    await gps.close();
  });

  it('may fail again while it closes, without effect', async () => {
    const { gps, ports, events } = createPort(['opens']);
    gps.start();
    await advance(0);
    ports[0]?.emit('error', new Error('EIO'));
    ports[0]?.emit('error', new Error('EIO again'));
    ports[0]?.emit('close', new Error('late'));
    await advance(100);
    expect(events).toEqual(['open', '/dev/ttyUSB1 failed: EIO']);
    await gps.close();
  });

  it('does not combine half a sentence of the old connection with the new one', async () => {
    const { gps, ports, events } = createPort(['opens'], { reopenIntervalMs: 500 });
    gps.start();
    await advance(0);
    ports[0]?.push(measurement(1).subarray(0, 100));
    await advance(0);
    ports[0]?.unplug();
    await advance(500);
    ports[1]?.push(measurement(1).subarray(100));
    await advance(0);
    expect(events.filter((line) => line.startsWith('fix'))).toEqual([]);
    await gps.close();
  });
});

describe('a receiver that falls silent', () => {
  it('is reopened after ten seconds without a byte, and reported as lost once', async () => {
    const { gps, ports, events } = createPort(['opens', 'opens']);
    gps.start();
    await advance(0);
    ports[0]?.push(measurement(1));
    await advance(9_999);
    expect(ports).toHaveLength(1);
    await advance(1);
    expect(ports[0]?.isOpen).toBe(false);
    await advance(REOPEN_MS);
    ports[1]?.push(measurement(2));
    await advance(1);
    expect(events).toEqual([
      'open',
      'fix 1',
      'no fix',
      expect.stringContaining('silent for 10 s'),
      'open',
      'fix 2',
    ]);
    await gps.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a receiver that sends garbage', () => {
  const noise = Buffer.from('\xb5b\x01\x07~~\r\n$GNRM', 'latin1');

  async function noiseFor(port: FakePort | undefined, seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      port?.push(noise);
      await advance(1000);
    }
  }

  it('is reopened after ten seconds, with a hint to check the baud rate', async () => {
    const { gps, ports, events } = createPort(['opens']);
    gps.start();
    await advance(0);
    await noiseFor(ports[0], 10);
    expect(ports[0]?.isOpen).toBe(false);
    expect(events.at(-1)).toMatch(/garbage for 10 s.*115200/);
    await advance(REOPEN_MS);
    expect(ports[1]?.isOpen).toBe(true);
    await gps.close();
  });

  it('is reported once, although it is reopened again and again', async () => {
    const { gps, ports, events } = createPort(['opens']);
    gps.start();
    await advance(0);
    for (let opening = 0; opening < 5; opening++) {
      await noiseFor(ports[opening], 10);
      await advance(REOPEN_MS);
    }
    expect(ports).toHaveLength(6);
    expect(events.filter((line) => line.includes('garbage'))).toHaveLength(1);
    await gps.close();
  });

  it('only now and then, between its sentences, stays open', async () => {
    const { gps, ports, events } = createPort(['opens']);
    gps.start();
    await advance(0);
    for (let second = 0; second < 30; second++) {
      await noiseFor(ports[0], 1);
      ports[0]?.push(measurement(second));
    }
    await advance(1);
    expect(ports).toHaveLength(1);
    expect(events.filter((line) => line.startsWith('fix'))).toHaveLength(30);
    await gps.close();
  });
});

describe('a detected protocol', () => {
  function listen(behaviors: Behavior[]) {
    const events: string[] = [];
    const { gps, ports } = createPort(behaviors, {
      listener: {
        onFix: () => undefined,
        onDetected: (protocol) => events.push(protocol),
        onLost: (reason) => events.push(reason),
      },
    });
    gps.start();
    return { gps, ports, events };
  }

  it('is reported once, with the first sentence, and again after a loss', async () => {
    const { gps, ports, events } = listen(['opens']);
    await advance(0);
    expect(events).toEqual([]);
    ports[0]?.push(sentence('GNGSA,A,1,,,,,,,,,,,,,,,'));
    ports[0]?.push(measurement(1));
    await advance(100);
    expect(events).toEqual(['nmea']);
    ports[0]?.unplug();
    await advance(REOPEN_MS);
    ports[1]?.push(measurement(2));
    await advance(100);
    ports[1]?.unplug();
    const lost: unknown = expect.stringContaining('bad file descriptor');
    expect(events).toEqual(['nmea', lost, 'nmea', lost]);
    await gps.close();
  });

  it('is not reported for a port that is lost after every opening; each reason for the loss is reported once', async () => {
    const { gps, ports, events } = listen(['opens']);
    await advance(0);
    for (let opening = 0; opening < 6; opening++) {
      if (opening % 2 === 0) ports[opening]?.unplug();
      else ports[opening]?.emit('error', new Error('EIO'));
      await advance(REOPEN_MS);
    }
    expect(ports).toHaveLength(7);
    expect(events).toEqual([expect.stringContaining('bad file descriptor'), '/dev/ttyUSB1 failed: EIO']);
    await gps.close();
  });
});

describe('a missing position', () => {
  /** A sentence of a receiver without satellites. */
  const VOID = sentence('GNRMC,162016.00,V,,,,,,,150724,,,N');

  function explaining(behaviors: Behavior[]) {
    const lines: string[] = [];
    const listener = {
      onFix: () => undefined,
      onLost: () => undefined,
      onStillNoFix: (seconds: number, reason: string) => lines.push(`${seconds} ${reason}`),
    };
    return { ...createPort(behaviors, { listener }), lines };
  }

  it.each<[string, Behavior, (port: FakePort | undefined) => unknown, string]>([
    [
      'the port cannot be opened',
      'fails',
      () => undefined,
      'could not be opened: No such file or directory (is it',
    ],
    [
      'the receiver is silent',
      'opens',
      () => undefined,
      '/dev/ttyUSB1 was silent for 10 s (is it switched on',
    ],
    [
      'nothing can be read',
      'opens',
      (port) => port?.push('~~~'),
      'received only garbage for 10 s: check baudrate (115200)',
    ],
    [
      'checksums are wrong',
      'opens',
      (port) => port?.push(VOID.replace(/\*../, '*00')),
      'every sentence has a wrong checksum',
    ],
    [
      'there are no satellites',
      'opens',
      (port) => port?.push(VOID),
      'the receiver has no fix: check its antenna',
    ],
  ])('is explained every minute: %s', async (_, behavior, everySecond, expected) => {
    const { gps, ports, lines } = explaining([behavior]);
    gps.start();
    for (let second = 0; second < 125; second++) {
      everySecond(ports.at(-1));
      await advance(1000);
    }
    expect(lines.map((line) => Number.parseInt(line))).toEqual([60, 120]);
    for (const line of lines) expect(line).toContain(expected);
    await gps.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is explained a minute after the last fix, by what was received since', async () => {
    const { gps, ports, lines } = explaining(['opens']);
    gps.start();
    for (let second = 0; second < 50; second++) {
      ports[0]?.push(measurement(second));
      await advance(1000);
    }
    for (let second = 0; second < 59; second++) {
      ports[0]?.push(VOID);
      await advance(1000);
    }
    expect(lines).toEqual([
      '60 the receiver has no fix: check its antenna and its view of the sky; the first fix takes some minutes',
    ]);
    await gps.close();
  });

  it('is never explained while there are fixes', async () => {
    const { gps, ports, lines } = explaining(['opens']);
    gps.start();
    for (let second = 0; second < 200; second++) {
      ports[0]?.push(measurement(second % 60));
      await advance(1000);
    }
    expect(lines).toEqual([]);
    await gps.close();
  });
});

describe('a port with backoff', () => {
  const backoff = { maxReopenIntervalMs: 30_000, random: () => 0.999 };
  const openings = async (behaviors: Behavior[], seconds: number, react: (port: FakePort) => void) => {
    const at: number[] = [];
    const started = performance.now();
    const { gps } = createPort([], {
      backoff,
      openPort: () => {
        const port = new FakePort(behaviors[0] ?? 'opens');
        at.push(Math.round((performance.now() - started) / 1000));
        setTimeout(() => react(port), 500);
        return port;
      },
    });
    gps.start();
    await advance(seconds * 1000);
    await gps.close();
    return at;
  };

  it('is opened ever less often while that fails', async () => {
    expect(await openings(['fails'], 100, () => undefined)).toEqual([0, 5, 15, 35, 65, 95]);
  });

  it('that opens and sends nothing is opened ever less often, with the interval doubled once for each attempt', async () => {
    expect(await openings(['opens'], 150, () => undefined)).toEqual([0, 15, 35, 65, 105, 145]);
  });

  it('is opened soon again after it has worked', async () => {
    const loseAfterFix = (port: FakePort): void => {
      port.push(measurement(1));
      setTimeout(() => port.unplug(), 500);
    };
    expect(await openings(['opens'], 20, loseAfterFix)).toEqual([0, 6, 12, 18]);
  });
});

describe('a reader that sends commands', () => {
  it.each<[string, (port: FakePort | undefined, gps: GpsPort) => unknown]>([
    ['is unplugged', (port) => port?.unplug()],
    ['fails', (port) => port?.emit('error', new Error('EIO'))],
    ['is silent for too long', () => advance(10_000)],
    ['is closed', (_, gps) => gps.close()],
  ])('is stopped once its port %s', async (_, end) => {
    let started = 0;
    let stopped = 0;
    const { gps, ports } = createPort(['opens'], {
      createReader: () => ({
        push: () => ({ fixes: [], protocol: undefined }),
        explain: () => undefined,
        start: () => (started += 1),
        stop: () => (stopped += 1),
      }),
    });
    gps.start();
    await advance(0);
    expect([started, stopped]).toEqual([1, 0]);
    await end(ports[0], gps);
    expect([started, stopped]).toEqual([1, 1]);
    await gps.close();
    expect([started, stopped]).toEqual([1, 1]);
  });
});

describe('advice', () => {
  it.each([
    ['No such file or directory, cannot open /dev/ttyUSB2', '/dev/ttyUSB2', '/dev/serial/by-id'],
    ['No such file or directory, cannot open x', '/dev/serial/by-id/x', 'is it plugged in?'],
    ['Permission denied, cannot open /dev/ttyUSB2', '/dev/ttyUSB2', 'dialout'],
    ['Resource temporarily unavailable Cannot lock port', '/dev/ttyUSB2', 'ModemManager'],
    ['Inappropriate ioctl for device', '/etc/passwd', 'not a serial port'],
  ])('on "%s" at %s names %s', (reason, path, advice) => {
    expect(adviceFor(`could not be opened: Error: ${reason}`, path)).toContain(advice);
  });

  it('does not suggest by-id to a user who uses it already', () => {
    expect(adviceFor('No such file or directory', '/dev/serial/by-id/x')).not.toContain('by-id');
  });

  it('is empty if none is known', () => {
    expect(adviceFor('failed: out of cheese', '/dev/ttyUSB2')).toBe('');
  });
});

describe('a port that does not open in time', () => {
  it('is retried once per interval, and reported once per reason', async () => {
    const { gps, ports, events } = createPort(['fails', 'fails', 'fails', 'opens']);
    gps.start();
    await advance(REOPEN_MS * 2);
    const reason: unknown = expect.stringContaining(
      '/dev/ttyUSB1 could not be opened: No such file or directory',
    );
    expect(ports).toHaveLength(3);
    expect(events).toEqual([reason, 'no fix']);
    await advance(REOPEN_MS);
    expect(events).toEqual([reason, 'no fix', 'open']);
    ports[3]?.unplug();
    expect(events.at(-1)).toContain('/dev/ttyUSB1 was closed: bad file descriptor');
    await gps.close();
  });

  it('and cannot be created is reported, and the error is not thrown', async () => {
    const { gps, events } = createPort([], {
      openPort: () => {
        throw new TypeError('"path" is not defined');
      },
    });
    gps.start();
    await advance(REOPEN_MS);
    expect(events).toEqual(['/dev/ttyUSB1 could not be opened: "path" is not defined', 'no fix']);
    await gps.close();
  });

  it('and hangs is abandoned after the interval, and another one is opened at once', async () => {
    const { gps, ports, events } = createPort(['hangs', 'opens']);
    gps.start();
    await advance(REOPEN_MS);
    expect(events).toEqual(['no fix', `/dev/ttyUSB1 did not open within ${REOPEN_MS} ms`, 'open']);
    expect(ports).toHaveLength(2);
    await gps.close();
  });

  it('and opens after it was abandoned is closed again, and its data ignored', async () => {
    const { gps, ports, events } = createPort(['hangs', 'opens']);
    gps.start();
    await advance(REOPEN_MS);
    ports[0]?.completeOpen();
    ports[0]?.push(measurement(1));
    await advance(10);
    expect(ports[0]?.numberOfCloses).toBe(1);
    expect(ports[0]?.isOpen).toBe(false);
    expect(events).not.toContain('fix 1');
    expect(ports[1]?.isOpen).toBe(true);
    await gps.close();
  });

  it('is not opened again while two open calls hang, only after one of them completes', async () => {
    const { gps, ports, events } = createPort(['hangs', 'hangs', 'opens']);
    gps.start();
    await advance(REOPEN_MS * 10);
    expect(ports).toHaveLength(2);
    ports[0]?.completeOpen();
    await advance(REOPEN_MS);
    expect(ports).toHaveLength(3);
    expect(events.at(-1)).toBe('open');
    await gps.close();
  });
});

describe('closing', () => {
  it('closes the port and leaves no timer and no listener behind', async () => {
    const { gps, ports, events } = createPort(['opens']);
    gps.start();
    await advance(0);
    ports[0]?.push(measurement(1));
    await advance(0);
    await gps.close();
    await gps.close();
    expect(ports[0]).toMatchObject({ isOpen: false, numberOfCloses: 1, listenerTotal: 0 });
    expect(vi.getTimerCount()).toBe(0);
    ports[0]?.emit('error', new Error('late'));
    gps.start();
    await advance(60_000);
    expect(events).toEqual(['open', 'fix 1']);
    expect(ports).toHaveLength(1);
  });

  it('does not wait forever for a port that does not close', async () => {
    const { gps } = createPort(['never closes']);
    gps.start();
    await advance(0);
    const closed = vi.fn();
    void gps.close().then(closed);
    await advance(CLOSE_TIMEOUT_MS - 1);
    expect(closed).not.toHaveBeenCalled();
    await advance(1);
    expect(closed).toHaveBeenCalledOnce();
  });

  it('of a port that is still opening takes effect as soon as it is open', async () => {
    const { gps, ports, events } = createPort(['hangs']);
    gps.start();
    await advance(10);
    await gps.close();
    ports[0]?.completeOpen();
    expect(ports[0]).toMatchObject({ isOpen: false, numberOfCloses: 1 });
    expect(events).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('happens when the signal aborts, and a port whose signal has aborted does not open', async () => {
    const controller = new AbortController();
    const { gps, ports } = createPort(['opens'], { signal: controller.signal });
    gps.start();
    await advance(0);
    controller.abort();
    await advance(0);
    expect(ports[0]?.isOpen).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);

    const late = createPort(['opens'], { signal: controller.signal });
    late.gps.start();
    await advance(60_000);
    expect(late.ports).toHaveLength(0);
  });

  it.each(['onFix', 'onNoFix', 'onDetected', 'onLost'] as const)(
    'is possible from within %s',
    async (event) => {
      const quiet = { onFix: () => undefined, onLost: () => undefined };
      const listener = { ...quiet, [event]: () => void gps.close() };
      const { gps, ports } = createPort(['hangs', 'opens'], { listener });
      gps.start();
      await advance(REOPEN_MS);
      ports[1]?.push(Buffer.concat([measurement(1), measurement(2)]));
      await advance(1);
      expect(vi.getTimerCount()).toBe(0);
      expect(ports.some(({ isOpen }) => isOpen)).toBe(false);
    },
  );
});
