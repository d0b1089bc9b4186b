import { randomInt } from 'node:crypto';
import mqtt from 'mqtt';
import { runClient } from '../../../client/client.ts';
import { registerScooter } from '../../../client/commands/register.ts';
import type { Config } from '../../../client/config/schema.ts';
import type { Platform } from '../../../client/platform.ts';
import { createLogger, type LogSink } from '../../../client/log.ts';
import { throwIfAborted } from '../../../client/wait.ts';
import type { OpenMqtt } from '../../../client/uplink/connection.ts';
import { Subscriber } from '../../world/broker/virtual-broker.ts';
import { Rider } from '../../world/scooter/rider.ts';
import { World } from '../../world/world.ts';
import { ReceivedSamples } from './received-samples.ts';
import { ActivityLog } from './activity-log.ts';

const MAX_SEED = 2 ** 31;
/** Initial state of the scooter. */
const RIDE = { startOdometerM: 1_306_083, startPercent: 63 };

export interface RideOptions {
  readonly config: Config;
  /** Whether the client uses the configured broker instead of the built-in one. */
  readonly usesOwnBroker: boolean;
  /** Undefined to run until the signal. */
  readonly durationMs: number | undefined;
  readonly json: boolean;
  readonly out: LogSink;
  readonly err: LogSink;
  readonly signal: AbortSignal;
  /** Aborts once nobody reads `out` any more. */
  readonly outputClosed: AbortSignal;
}

/**
 * Pairs the production client with the scooter of a virtual world and rides, in real time.
 * @returns whether samples with a fix arrived at an independent subscriber
 * @throws ClientError with the reason of `outputClosed`: who does not read the output is not told what it lacks
 */
export async function ride(options: RideOptions): Promise<boolean> {
  const { config, usesOwnBroker, json, out, err, signal } = options;
  const activity = new ActivityLog(json ? { write: () => true } : out);
  const received = new ReceivedSamples();
  if (!usesOwnBroker) activity.log('demo', `uses a built-in broker instead of ${config.mqtt.broker}`);
  if (config.serial)
    activity.log('demo', `uses a virtual GPS receiver instead of ${config.serial.serialPort}`);
  const rider = new Rider(() => activity.log('rider', 'presses the power button'));
  const world = await World.start({
    seed: randomInt(MAX_SEED),
    config,
    ride: RIDE,
    onScooterEvent: (event) => {
      activity.logScooterEvent(event);
      rider.onScooterEvent(event);
    },
    out: activity.clientOutput,
  });
  rider.setScooter(world.scooter);
  const openMqtt: OpenMqtt = usesOwnBroker
    ? (url, mqttOptions) => mqtt.connect(url, mqttOptions)
    : world.platform.openMqtt;
  const platform: Platform = { ...world.platform, openMqtt };
  const subscriber = new Subscriber(openMqtt, {
    url: config.mqtt.broker,
    topic: config.mqtt.topic,
    onMessage: (payload) => {
      const line = received.add(payload);
      if (json) out.write(`${payload}\n`);
      else activity.log('received', line);
    },
  });
  try {
    await runUntil(options, async (end) => {
      await registerScooter(config.scooter, platform, { overwrite: false, signal: end });
      await runClient(
        config,
        platform,
        createLogger({ level: 'info', format: 'json', sink: activity.logOf('client') }),
        end,
      );
    });
  } finally {
    rider.close();
    await subscriber.close();
    await world.close();
  }
  throwIfAborted(options.outputClosed);
  if (received.missing === undefined) {
    activity.log('demo', `${received.samples} samples arrived, ${received.fixes} of them with a GPS fix`);
    return true;
  }
  const early = signal.aborted ? 'stopped early: ' : '';
  err.write(`demo: ${early}${received.missing} (pairing alone takes about 12 s)\n`);
  return false;
}

/** Runs `act` until it resolves, the signal aborts or the time is over. */
async function runUntil(
  { durationMs, signal: stopSignal, outputClosed }: RideOptions,
  act: (end: AbortSignal) => Promise<void>,
): Promise<void> {
  const end = new AbortController();
  const stop = (): void => end.abort();
  const signal = AbortSignal.any([stopSignal, outputClosed]);
  signal.addEventListener('abort', stop, { once: true });
  const timer = durationMs === undefined ? undefined : setTimeout(stop, durationMs);
  if (signal.aborted) stop();
  try {
    await act(end.signal);
  } catch (error) {
    if (!end.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}
