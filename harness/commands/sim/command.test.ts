import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import mqtt from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeToken } from '../../../client/token-file.ts';
import { TOKEN_BYTES } from '../../../protocol/keys.ts';
import { RidingClient } from './testing/riding-client.ts';
import { RunningSim } from './testing/running-sim.ts';
import { TYPESCRIPT_FLAGS } from '../../../typescript-loader/flags.ts';
import { once } from '../../../hci/testing/deadline.ts';

const MAC = 'c8:f0:9e:00:00:01';
const TOKEN = Buffer.alloc(TOKEN_BYTES, 7);
const ANY_PORT = 'tcp:127.0.0.1:0';

/** Fields of a sample that do not come from the scooter. */
const CHANGING_FIELDS = ['timestamp', 'seq', 'boot_id', 'clock_synced', 'gpsinfo'];

let folder: string;
const running: { stop(): Promise<number> }[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'martinete-sim-'));
});

afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop();
  rmSync(folder, { recursive: true });
});

/** Starts the command; `~` stands for a temporary folder. */
function start(...args: readonly string[]): RunningSim {
  const started = new RunningSim(...args.map((argument) => argument.replace('~', folder)));
  running.push(started);
  return started;
}

/** Starts the command on the virtual air, with a paired scooter. */
function startVirtual(...args: readonly string[]): RunningSim {
  writeToken(join(folder, 'memory'), TOKEN, { overwrite: true });
  return start('--adapter', 'virtual', '--memory', '~/memory', '--h4', ANY_PORT, ...args);
}

describe('npm run sim -- --adapter virtual', () => {
  it('serves the production client, which finds the scooter, logs in, and publishes samples', async () => {
    const sim = startVirtual('--broker', ANY_PORT);
    const adapter = await sim.waitFor(/open to clients with --adapter (\S+)/);
    const broker = await sim.waitFor(/broker +listens at (\S+)/);
    const client = new RidingClient({ folder, adapter, mac: MAC, token: TOKEN, broker });
    running.push(client);
    await sim.waitFor(/scooter +client logged in/);
    expect(await sim.waitFor(/received +#3 +(.+)/)).toMatch(/^\d+\.\d km\/h .* °C +no fix +mode sport$/);
    expect(await client.stop()).toBe(0);
    await sim.waitFor(/broker +martinete\S+ disconnected/);
    expect(await sim.stop()).toBe(0);
    expect(sim.err.all).toEqual([]);
    await expect(once(connect(Number(broker.split(':').at(-1)), '127.0.0.1'), 'connect')).rejects.toThrow(
      'ECONNREFUSED',
    );
  });

  it('says that a login was not completed if the client has the token of another pairing', async () => {
    const sim = startVirtual('--broker', ANY_PORT);
    const adapter = await sim.waitFor(/open to clients with --adapter (\S+)/);
    const broker = await sim.waitFor(/broker +listens at (\S+)/);
    const token = Buffer.alloc(TOKEN_BYTES, 8);
    running.push(new RidingClient({ folder, adapter, mac: MAC, token, broker }));
    await sim.waitFor(/login not completed: the central disconnected after the scooter's proof/);
    expect(sim.out.all.join('\n')).not.toContain('login refused');
  });

  it('with --hold serves the same values all the time, in the state that the other options choose', async () => {
    const state = ['--hold', '100', '--locked', '--pushed', '--error', '15', '--percent', '42.9'];
    const sim = startVirtual('--broker', ANY_PORT, ...state);
    const adapter = await sim.waitFor(/open to clients with --adapter (\S+)/);
    await sim.waitFor(/scooter +keeps the values that it has 100 s after its start/);
    await sim.waitFor(
      /model Pro 2 \(miauth\), pushed, locked, error 15, mode S, battery 42 %, odometer 0 km/,
    );
    const broker = await sim.waitFor(/broker +listens at (\S+)/);
    const watcher = mqtt.connect(broker, { clientId: 'watcher' });
    const payloads: string[] = [];
    watcher.on('message', (_, payload) => void payloads.push(payload.toString()));
    await watcher.subscribeAsync('vehicle/1/realtime');
    running.push({ stop: () => watcher.endAsync().then(() => 0) });
    running.push(new RidingClient({ folder, adapter, mac: MAC, token: TOKEN, broker }));
    await sim.waitFor(/received +#3 +/);
    const samples = payloads.map((payload) => JSON.parse(payload) as Record<string, unknown>);
    const values = samples.map((sample) =>
      JSON.stringify(Object.entries(sample).filter(([name]) => !CHANGING_FIELDS.includes(name))),
    );
    expect(samples.length).toBeGreaterThanOrEqual(3);
    expect(new Set(values).size).toBe(1);
    expect(samples[0]).toMatchObject({
      uptime_sec: 100,
      error: 15,
      warning: 9,
      locked: true,
      speed_kmh: 1.2,
    });
    expect(samples[0]?.['battery_info']).toMatchObject({ percent: 42 });
  });

  it('with --unpaired knows no token, whatever is stored', async () => {
    const sim = startVirtual('--unpaired', '--broker', ANY_PORT);
    const adapter = await sim.waitFor(/open to clients with --adapter (\S+)/);
    const broker = await sim.waitFor(/broker +listens at (\S+)/);
    const client = new RidingClient({ folder, adapter, mac: MAC, token: TOKEN, broker });
    running.push(client);
    await sim.waitFor(/central connected/);
    expect(await client.ended).toBe(77);
  });

  it('with --auto-off switches itself off after standing, and on again at Enter', async () => {
    const sim = startVirtual('--parked', '--auto-off', '0.1');
    await sim.waitFor(/scooter +has switched itself off; Enter switches it on again/);
    sim.input.write('\n');
    await sim.out.find(/advertises/, 2);
  });

  it('listens at every given address', async () => {
    const sim = startVirtual('--h4', 'unix:~/air');
    await sim.waitFor(/open to clients with --adapter tcp:127\.0\.0\.1:[1-9]\d*/);
    await sim.waitFor(/open to clients with --adapter unix:\S+air/);
    await once(connect(join(folder, 'air')), 'connect');
  });

  it('presses the power button at Enter, and at nothing else', async () => {
    const sim = startVirtual();
    await sim.waitFor(/advertises; Enter presses the power button/);
    sim.input.write('hello\n');
    await sim.waitFor(/ignored this line; Enter alone presses the power button/);
    expect(sim.out.all.join('\n')).not.toMatch(/rider +presses/);
    sim.input.write('\n');
    await sim.waitFor(/rider +presses the power button/);
  });

  it('deletes the pairing at "reset", also for the next start', async () => {
    const sim = startVirtual();
    await sim.waitFor(/advertises/);
    sim.input.write('reset\n');
    await sim.waitFor(/scooter +pairing deleted/);
    await sim.out.find(/advertises/, 2);
    expect(existsSync(join(folder, 'memory'))).toBe(false);
  });

  it('logs a message that is no sample in one line, and continues', async () => {
    const sim = startVirtual('--broker', ANY_PORT);
    const client = mqtt.connect(await sim.waitFor(/broker +listens at (\S+)/), { clientId: 'other' });
    await client.publishAsync('vehicle/1/realtime', '{"speed_kmh":', { qos: 1 });
    await client.publishAsync('vehicle/1/live', 'not told', { qos: 0, retain: true });
    await client.publishAsync('elsewhere', 'hello', { qos: 1 });
    await client.endAsync();
    await sim.waitFor(/broker +other disconnected/);
    expect(sim.out.all.flatMap((line) => /received +(.*)/.exec(line)?.slice(1) ?? [])).toEqual([
      '13 bytes on vehicle/1/realtime, not a sample',
      '5 bytes on elsewhere, not a sample',
    ]);
  });

  it('sends NMEA to every client, and stops while clients are connected', async () => {
    const sim = startVirtual('--gps', ANY_PORT);
    const port = Number(await sim.waitFor(/gps +sends NMEA at tcp:127\.0\.0\.1:(\d+)/));
    const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    for (const socket of sockets) {
      const [sentence] = (await once(createInterface({ input: socket }), 'line')) as [string];
      expect(sentence).toMatch(/^\$GN\w{3},.*\*[0-9A-F]{2}$/);
    }
    const closed = sockets.map((socket) => once(socket, 'close'));
    expect(await sim.stop()).toBe(0);
    await Promise.all(closed);
  });

  it('captures the packets of the scooter for Wireshark', async () => {
    const sim = startVirtual('--btsnoop', '~/scooter.btsnoop');
    await sim.waitFor(/advertises/);
    const capture = readFileSync(join(folder, 'scooter.btsnoop'), 'latin1');
    expect(capture).toMatch(/^btsnoop\0/);
    expect(capture).toContain('MIScooter0001');
  });
});

describe('npm run sim on a controller that another program provides', () => {
  /** Starts a virtual air, and a second scooter on it; resolves to both and to the port of the air. */
  async function startOnAir(
    ...args: readonly string[]
  ): Promise<{ air: RunningSim; sim: RunningSim; port: string }> {
    const air = startVirtual();
    const name = await air.waitFor(/open to clients with --adapter (\S+)/);
    const sim = start('--adapter', name, '--memory', '~/other', ...args);
    await sim.waitFor(/advertises/);
    return { air, sim, port: name };
  }

  it('says that the controller keeps its own address', async () => {
    const { sim } = await startOnAir('--address', 'C8F09E00ABCD');
    await sim.waitFor(
      /has the address of its controller, not c8:f0:9e:00:ab:cd: only its name and serial numbers follow/,
    );
  });

  it('exits with 71 and one line when the controller is gone', async () => {
    const { air, sim } = await startOnAir();
    await air.stop();
    expect(await sim.ended).toBe(71);
    expect(sim.err.all).toEqual([expect.stringMatching(/^sim: tcp:\S+ closed the connection/)]);
  });

  it('with --wait waits for the controller, and advertises again when it is back', async () => {
    const { air, sim, port } = await startOnAir('--wait');
    await air.stop();
    await sim.waitFor(/adapter +tcp:\S+ closed the connection.*; waiting for it/);
    const back = start('--adapter', 'virtual', '--memory', '~/memory', '--h4', port);
    await back.waitFor(/advertises/);
    await sim.out.find(/advertises/, 2);
    expect(await sim.stop()).toBe(0);
    expect(sim.err.all).toEqual([]);
  });

  it('with --wait waits for a controller that is not there yet', async () => {
    const sim = start('--adapter', 'unix:~/air', '--memory', '~/other', '--wait');
    await sim.waitFor(/adapter +No such socket: .*; waiting for it/);
    startVirtual('--h4', 'unix:~/air');
    await sim.waitFor(/advertises/);
  });
});

describe('npm run sim', () => {
  it.each([
    [['--nonsense'], /unknown option '--nonsense'/],
    [['--model', 'moped'], /Allowed choices are m365/],
    [['--h4', ANY_PORT], /--h4 requires --adapter virtual/],
    [['--adapter', 'virtual', '--h4', 'tcp:7400'], /Expected tcp:host:port or unix:path/],
    [['--broker', 'mqtt://localhost'], /Expected tcp:host:port/],
    [['--gps', '/dev/ttyUSB2'], /Expected tcp:host:port or unix:path or pty/],
    [['--address', 'c8:f0'], /--address/],
    [['--btsnoop', '~/nowhere/capture'], /Cannot open for writing: ENOENT/],
  ])('exits with 64 on %j', async (args, message) => {
    const sim = start(...args);
    expect(await sim.ended).toBe(64);
    expect(sim.err.all.join('\n')).toMatch(message);
    expect(sim.out.all).toEqual([]);
  });

  it('exits with 71 and one line if there is no such adapter', async () => {
    const sim = start('--adapter', 'hci', '--memory', '~/memory');
    expect(await sim.ended).toBe(71);
    expect(sim.err.all).toEqual([expect.stringMatching(/^sim: "hci" is not a Bluetooth adapter/)]);
  });

  it('says what works without Bluetooth', async () => {
    // No machine has so many.
    const sim = start('--adapter', 'hci999', '--memory', '~/memory');
    expect(await sim.ended).toBe(71);
    expect(sim.err.all).toEqual([
      expect.stringMatching(/^sim: .*; without Bluetooth, use --adapter virtual\.$/),
    ]);
  });

  it('exits with 71 and one line if a port is in use, and closes everything', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const name = `tcp:127.0.0.1:${(taken.address() as AddressInfo).port}`;
    const sim = startVirtual('--h4', 'unix:~/air', '--broker', name);
    expect(await sim.ended).toBe(71);
    expect(sim.err.all).toEqual([expect.stringContaining(`sim: ${name} is in use: stop the server`)]);
    await expect(once(connect(join(folder, 'air')), 'connect')).rejects.toThrow('ENOENT');
    taken.close();
  });

  it('exits with 78 and one line if the memory file is invalid', async () => {
    writeFileSync(join(folder, 'memory'), 'abc');
    const sim = start('--adapter', 'virtual', '--h4', ANY_PORT, '--memory', '~/memory');
    expect(await sim.ended).toBe(78);
    expect(sim.err.all).toEqual([expect.stringContaining('is 3 bytes long')]);
  });

  it('exits with 0 on Ctrl-C', async () => {
    const script = new URL('../sim.ts', import.meta.url).pathname;
    const args = ['--adapter', 'virtual', '--memory', join(folder, 'memory'), '--h4', ANY_PORT];
    const child = spawn(process.execPath, [...TYPESCRIPT_FLAGS, script, ...args]);
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.includes('advertises')) child.kill('SIGINT');
    }
    expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(0);
  });
});
