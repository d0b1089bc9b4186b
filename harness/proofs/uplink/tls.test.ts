import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createClearServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server, type TlsOptions } from 'node:tls';
import { Aedes } from 'aedes';
import mqtt from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { brokerAddress } from '../../../client/uplink/address.ts';
import { BrokerConnection } from '../../../client/uplink/connection.ts';
import { credentialsOf } from '../../../client/uplink/credentials.ts';
import { CredentialsRefused } from '../../../client/uplink/broker-errors.ts';
import { Authority, hasOpenssl, type Certificate } from './certificates.ts';
import { BASE, MQTT_CONFIG } from './rig.ts';
import { once, withinDeadline } from '../../../hci/testing/deadline.ts';

const TIMEOUT_MS = 5_000;
const folder = mkdtempSync(join(tmpdir(), 'martinete-tls-'));
const canRun = hasOpenssl();
if (!canRun) process.stderr.write('skipping TLS tests: openssl is not installed\n');

let ours: Authority;
let theirs: Authority;
let server: Certificate;
let client: Certificate;
let broker: { tls: Server; aedes: Aedes } | undefined;

beforeAll(() => {
  if (!canRun) return;
  ours = new Authority(folder, 'ours');
  theirs = new Authority(folder, 'theirs');
  server = ours.issue('server');
  client = ours.issue('client');
});

afterEach(async () => {
  if (!broker) return;
  const { tls, aedes } = broker;
  await withinDeadline(new Promise<void>((resolve) => aedes.close(() => resolve())), 'the broker to close');
  tls.close();
  broker = undefined;
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Starts a broker with our certificate; returns its port. */
async function listen(options: TlsOptions = {}): Promise<number> {
  const aedes = await Aedes.createBroker();
  const tls = createServer({ key: server.key, cert: server.cert, ...options }, (socket) =>
    aedes.handle(socket),
  );
  // A refused handshake is reported to the client.
  tls.on('tlsClientError', () => undefined);
  tls.listen(0, '127.0.0.1');
  await once(tls, 'listening');
  broker = { tls, aedes };
  return (tls.address() as AddressInfo).port;
}

/** Connects with a configuration. */
async function connect(
  address: string,
  files: { caFile?: string; certFile?: string; keyFile?: string },
): Promise<BrokerConnection> {
  const config = { ...MQTT_CONFIG, broker: address, ...files };
  return BrokerConnection.open((url, options) => mqtt.connect(url, options), {
    url: brokerAddress(address).url,
    clientId: config.clientId,
    credentials: credentialsOf(config, {}),
    keepAliveS: config.keepAliveS,
    offer: { version: 4, will: { topic: `${BASE}/status`, payload: 'offline', qos: 1, retain: true } },
    timeoutMs: TIMEOUT_MS,
    ackTimeoutMs: TIMEOUT_MS,
    signal: new AbortController().signal,
  });
}

/** The reason of a failed connection. */
async function refusal(attempt: Promise<BrokerConnection>): Promise<string> {
  const error: unknown = await attempt.then(
    (connection) => connection.destroy(),
    (reason: unknown) => reason,
  );
  return error instanceof CredentialsRefused ? error.message : String(error);
}

async function publishAndLeave(connection: BrokerConnection): Promise<void> {
  await connection.publish({ topic: `${BASE}/status`, payload: 'online', qos: 1, retain: true });
  await connection.disconnect({ topic: `${BASE}/status`, payload: 'offline', qos: 1, retain: true });
}

describe.skipIf(!canRun)('a broker with TLS', () => {
  it.each(['ssl', 'mqtts'])('at %s:// is verified by ca_file', async (scheme) => {
    const port = await listen();
    await publishAndLeave(
      await connect(`${scheme}://127.0.0.1:${port}`, { caFile: ours.certificate.certPath }),
    );
  });

  it('with a certificate of another authority is refused with a message', async () => {
    const port = await listen();
    const attempt = connect(`ssl://127.0.0.1:${port}`, { caFile: theirs.certificate.certPath });
    expect(await refusal(attempt)).toMatch(/^TLS: unable to (verify|get) /);
  });

  it('without ca_file is refused with a message', async () => {
    const port = await listen();
    expect(await refusal(connect(`ssl://127.0.0.1:${port}`, {}))).toMatch(
      /^TLS: unable to (verify|get) .*\(set ca_file in \[mqtt\]/,
    );
  });

  it('with the certificate of another host is refused with a message', async () => {
    const port = await listen();
    const attempt = connect(`ssl://localhost:${port}`, { caFile: ours.certificate.certPath });
    expect(await refusal(attempt)).toMatch(/^TLS: .*localhost.* is not cert's/);
  });

  it.each(['ssl', 'mqtts'])(
    'at %s:// that demands a certificate gets the one in cert_file',
    async (scheme) => {
      const port = await listen({ requestCert: true, rejectUnauthorized: true, ca: ours.certificate.cert });
      const files = { caFile: ours.certificate.certPath, certFile: client.certPath, keyFile: client.keyPath };
      await publishAndLeave(await connect(`${scheme}://127.0.0.1:${port}`, files));
    },
  );

  it('that demands a certificate refuses a client without one, with a message', async () => {
    const port = await listen({ requestCert: true, rejectUnauthorized: true, ca: ours.certificate.cert });
    const attempt = connect(`ssl://127.0.0.1:${port}`, { caFile: ours.certificate.certPath });
    expect(await refusal(attempt)).toMatch(
      /^TLS: .*certificate required \(set cert_file and key_file in \[mqtt\]\)/,
    );
  });

  it('reached without TLS fails at once', async () => {
    const port = await listen();
    expect(await refusal(connect(`tcp://127.0.0.1:${port}`, {}))).toMatch(
      /The broker expects TLS|set broker in \[mqtt\] to an ssl:\/\/ address/,
    );
  });
});

describe('a broker without TLS', () => {
  it.skipIf(!canRun)('reached with TLS is refused with a message', async () => {
    const aedes = await Aedes.createBroker();
    const plain = createClearServer((socket) => aedes.handle(socket)).listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const { port } = plain.address() as AddressInfo;
    expect(await refusal(connect(`ssl://127.0.0.1:${port}`, {}))).toMatch(
      /set broker in \[mqtt\] to a tcp:\/\/ address/,
    );
    await withinDeadline(new Promise<void>((resolve) => aedes.close(() => resolve())), 'the broker to close');
    plain.close();
  });
});
