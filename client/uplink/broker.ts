import { Backoff } from '../backoff.ts';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../log.ts';
import type { Random } from '../random.ts';
import { pause } from '../wait.ts';
import { BrokerConnection, VersionRefused, type MqttVersion, type OpenMqtt } from './connection.ts';
import { drain } from './journal.ts';
import type { Outbox } from './outbox.ts';

const VERSION_NAMES: Readonly<Record<MqttVersion, string>> = { 4: '3.1.1', 5: '5' };

/** A connection that lived this long was a good one: the next pause starts from the minimum again. */
const HELD_MS = 30_000;

export interface UplinkOptions {
  readonly config: Config['mqtt'];
  readonly openMqtt: OpenMqtt;
  readonly outbox: Outbox;
  readonly random: Random;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Keeps a connection to the broker and drains the outbox through it. Nothing that the broker does ends it: only the
 * signal.
 */
export async function keepUplink(options: UplinkOptions): Promise<never> {
  const { config, random, log, signal } = options;
  const backoff = new Backoff({
    minMs: config.reconnectMinMs,
    maxMs: config.reconnectMaxMs,
    random: random.unit,
  });
  let version: MqttVersion = 5;
  let lost = false;
  for (;;) {
    let connectedAtMs: number | undefined;
    try {
      const connection = await connect(version, options);
      connectedAtMs = performance.now();
      lost = false;
      log.info(
        { broker: withoutCredentials(config.broker), mqtt: VERSION_NAMES[version] },
        'connected to the broker',
      );
      await drainThrough(connection, options);
    } catch (error) {
      if (signal.aborted) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      if (error instanceof VersionRefused) {
        // A broker of MQTT 3.1.1 says so, or just hangs up; so does one that is going down, hence back and forth.
        version = version === 5 ? 4 : 5;
        log.debug({ reason, next: VERSION_NAMES[version] }, 'the broker refuses this version of MQTT');
      } else if (!lost) {
        log.warn(
          { broker: withoutCredentials(config.broker), reason },
          'no connection to the broker: samples are kept',
        );
        lost = true;
      }
    }
    if (connectedAtMs !== undefined && performance.now() - connectedAtMs >= HELD_MS) backoff.reset();
    await pause(backoff.next(), signal);
  }
}

async function connect(
  version: MqttVersion,
  { config, openMqtt, signal }: UplinkOptions,
): Promise<BrokerConnection> {
  return await BrokerConnection.open(openMqtt, {
    url: config.broker,
    clientId: config.clientId,
    keepAliveS: config.keepAliveS,
    version,
    timeoutMs: config.connectTimeoutMs,
    signal,
  });
}

async function drainThrough(
  connection: BrokerConnection,
  { config, outbox, signal }: UplinkOptions,
): Promise<void> {
  try {
    await drain(outbox, connection, {
      topic: config.topic,
      drainRatePerS: config.drainRatePerS,
      ackTimeoutMs: config.keepAliveS * 1000,
      signal,
    });
  } finally {
    await connection.close();
  }
}

/** The address as it may stand in a log. */
function withoutCredentials(broker: string): string {
  return broker.replace(/\/\/[^@/]*@/, '//');
}
