import type { MqttClient } from 'mqtt';
import type { Mutation } from '../../scenario/player/play.ts';

type Publish = MqttClient['publish'];
type Message = Parameters<Publish>;

const BATTERY = /"battery_info":\{[^}]*\}/;
const REMAINING = /"trip_distance_left_km":[\d.]+/;
const SPEED = /"speed_kmh":[\d.]+/;

/** Publishes one in `count` samples after its successor. */
export function swapsEvery(count: number): Mutation {
  return withMqtt((client) => {
    let published = 0;
    let held: Message | undefined;
    onPublish(client, (message, publish) => {
      if (isSample(message)) published += 1;
      if (isSample(message) && published % count === 0) {
        held = message;
        return;
      }
      publish(...message);
      if (!held || !isSample(message)) return;
      publish(...held);
      held = undefined;
    });
  });
}

/** Does not send one in `count` samples, and reports that the broker has acknowledged it. */
export function withholdsEvery(count: number): Mutation {
  return withMqtt((client) => {
    let published = 0;
    onPublish(client, (message, publish) => {
      if (isSample(message)) published += 1;
      if (isSample(message) && published % count === 0) setImmediate(() => void message[3]?.());
      else publish(...message);
    });
  });
}

/** Sends one in `count` samples again, `afterMs` later. */
export function repeatsEvery(count: number, afterMs: number): Mutation {
  return withMqtt((client) => {
    let published = 0;
    onPublish(client, (message, publish) => {
      publish(...message);
      if (isSample(message) && ++published % count === 0) {
        const [topic, payload, options] = message;
        setTimeout(() => publish(topic, payload, options), afterMs);
      }
    });
  });
}

/** Closes each connection after `ms`. */
export function closesAfter(ms: number): Mutation {
  return withMqtt((client) => {
    setTimeout(() => client.stream.destroy(), ms);
  });
}

/** Rounds published speeds to whole km/h. */
export function roundsSpeed(): Mutation {
  return withMqtt((client) => {
    onPublish(client, ([topic, payload, ...rest], publish) => {
      publish(topic, payload.toString().replace(SPEED, rounded), ...rest);
    });
  });
}

/** Publishes the last known value in place of null. */
export function repeatsBattery(): Mutation {
  return withMqtt((client) => {
    let known = '';
    onPublish(client, ([topic, payload, ...rest], publish) => {
      const text = payload.toString();
      const [battery = ''] = BATTERY.exec(text) ?? [];
      if (!battery.includes('null')) known = battery;
      publish(topic, text.replace(BATTERY, known), ...rest);
    });
  });
}

/** Publishes null for the remaining range. */
export function omitsRange(): Mutation {
  return withMqtt((client) => {
    onPublish(client, ([topic, payload, ...rest], publish) => {
      publish(topic, payload.toString().replace(REMAINING, '"trip_distance_left_km":null'), ...rest);
    });
  });
}

/** Closes connections `lateMs` late. */
export function closesLate(lateMs: number): Mutation {
  return withMqtt(({ stream }) => {
    const destroy = stream.destroy.bind(stream);
    Object.assign(stream, {
      destroy: (error?: Error) => {
        setTimeout(() => destroy(error), lateMs);
        return stream;
      },
    });
  });
}

/** Does not publish offline. */
export function omitsOffline(): Mutation {
  return withMqtt((client) => {
    onPublish(client, (message, publish) => {
      if (message[1] !== 'offline') publish(...message);
    });
  });
}

/** Does not publish one message. */
export function omits(payload: string): Mutation {
  return withMqtt((client) => {
    onPublish(client, (message, publish) => {
      if (message[1] === payload) message[3]?.();
      else publish(...message);
    });
  });
}

/** Publishes a payload without the retain flag. */
export function retainsNot(payload: string): Mutation {
  return withMqtt((client) => {
    onPublish(client, ([topic, message, options, done], publish) => {
      if (message === payload) publish(topic, message, { ...options, retain: false }, done);
      else publish(topic, message, options, done);
    });
  });
}

/** Publishes messages of QoS 0 late. */
export function delaysLive(lateMs: number): Mutation {
  return withMqtt((client) => {
    onPublish(client, (message, publish) => {
      if (message[2]?.qos === 0) setTimeout(() => publish(...message), lateMs);
      else publish(...message);
    });
  });
}

/** Publishes a wrong number of logins on the health topic. */
export function countsLoginsTwice(): Mutation {
  return withMqtt((client) => {
    onPublish(client, ([topic, payload, ...rest], publish) => {
      publish(topic, payload.toString().replace('"logins":1', '"logins":2'), ...rest);
    });
  });
}

/** Whether a message is a sample: only these have QoS 1 and are not retained. */
function isSample([, , options]: Message): boolean {
  return options?.qos === 1 && options.retain !== true;
}

function rounded(field: string): string {
  const [name, speed] = field.split(':');
  return `${name}:${Math.round(Number(speed))}`;
}

/** Calls `act` in place of each publish. */
function onPublish(client: MqttClient, act: (message: Message, publish: Publish) => void): void {
  const publish = client.publish.bind(client);
  Object.assign(client, {
    publish: (...message: Message) => {
      act(message, publish);
      return client;
    },
  });
}

/** Applies `alter` to every connection to the broker. */
function withMqtt(alter: (client: MqttClient) => void): Mutation {
  return {
    platform: (platform) => ({
      ...platform,
      openMqtt: (url, options) => {
        const client = platform.openMqtt(url, options);
        alter(client);
        return client;
      },
    }),
  };
}
