import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Certificate } from './certificates.ts';
import { once, withinDeadline } from '../../../hci/testing/deadline.ts';

/** The log line after the port was opened. */
const RUNNING = /mosquitto version \S+ running/;
/** Debian installs mosquitto into a folder that is only in root's PATH. */
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`;
const ENV = { ...process.env, PATH };

/** Whether mosquitto is installed; it has no option that prints its version. */
export function hasMosquitto(): boolean {
  return spawnSync('mosquitto', ['-h'], { env: ENV }).error === undefined;
}

export interface MosquittoOptions {
  readonly folder: string;
  /** The certificate of the authority that signed `certificate`. */
  readonly caPath: string;
  readonly certificate: Certificate;
  /** Passwords by user name. */
  readonly users: Readonly<Record<string, string>>;
  /** Lines of the access control list. */
  readonly acl: readonly string[];
  /** Further settings, which limit what clients may do. */
  readonly limits?: Readonly<Record<string, string | number | boolean>>;
}

/** Runs a Mosquitto broker with TLS and passwords, on the same port after a restart. */
export class Mosquitto {
  readonly port: number;
  readonly #configPath: string;
  #process: ChildProcess | undefined;

  private constructor(port: number, configPath: string) {
    this.port = port;
    this.#configPath = configPath;
  }

  static async start(options: MosquittoOptions): Promise<Mosquitto> {
    const { folder, caPath, certificate, users, acl, limits } = options;
    const [passwords, aclPath, configPath] = ['passwords', 'acl', 'mosquitto.conf'].map((file) =>
      join(folder, file),
    );
    if (!passwords || !aclPath || !configPath) throw new Error('unreachable');
    writeFileSync(passwords, '', { mode: 0o600 });
    for (const [user, password] of Object.entries(users)) {
      execFileSync('mosquitto_passwd', ['-b', passwords, user, password], { env: ENV, stdio: 'pipe' });
    }
    writeFileSync(aclPath, `${acl.join('\n')}\n`, { mode: 0o600 });
    const port = await freePort();
    const settings = {
      // As another user it could not read these files.
      ...(process.getuid?.() === 0 && { user: 'root' }),
      listener: `${port} 127.0.0.1`,
      cafile: caPath,
      certfile: certificate.certPath,
      keyfile: certificate.keyPath,
      allow_anonymous: false,
      password_file: passwords,
      acl_file: aclPath,
      log_dest: 'stderr',
      // Subscriptions persist, so that a subscriber misses no message that arrives before it reconnects.
      persistence: true,
      persistence_location: `${folder}/`,
      autosave_on_changes: true,
      autosave_interval: 1,
      max_queued_messages: 0,
      ...limits,
    };
    const lines = Object.entries(settings).map(([key, value]) => `${key} ${String(value)}\n`);
    writeFileSync(configPath, lines.join(''));
    const mosquitto = new Mosquitto(port, configPath);
    await mosquitto.restart();
    return mosquitto;
  }

  async restart(): Promise<void> {
    const broker = spawn('mosquitto', ['-c', this.#configPath], {
      env: ENV,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = broker;
    let output = '';
    const started = new Promise<void>((resolve, reject) => {
      broker.stderr.on('data', (chunk) => {
        output += String(chunk);
        if (RUNNING.test(output)) resolve();
      });
      broker.once('exit', () => reject(new Error(`mosquitto did not start: ${output}`)));
    });
    await withinDeadline(started, 'mosquitto to start');
  }

  /** Kills the broker. */
  async kill(): Promise<void> {
    const broker = this.#process;
    this.#process = undefined;
    if (!broker) return;
    const exited = once(broker, 'exit');
    broker.kill('SIGKILL');
    await exited;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
