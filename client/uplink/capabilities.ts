import type { MqttClient } from 'mqtt';

/** What the broker grants for one connection: the properties of CONNACK, MQTT 5, section 3.2.2.3. */
export interface Capabilities {
  /** Whether it stores retained messages. */
  readonly canRetain: boolean;
  readonly maxQos: 0 | 1;
  /** Size of the largest packet that it accepts, in bytes. */
  readonly maxPacketBytes: number;
  /** Number of messages at QoS 1 that may be unacknowledged at the same time. */
  readonly receiveMaximum: number;
  /** Number of topic aliases that the client may define. */
  readonly topicAliases: number;
  /** The client identifier that the broker has assigned; undefined if it uses the client's own. */
  readonly assignedClientId: string | undefined;
  /** The keep-alive that the broker demands, in seconds; undefined if it accepts the client's own. */
  readonly keepAliveS: number | undefined;
}

/** The properties as mqtt.js decodes them. A property that a broker sends twice is an array. */
type Properties = NonNullable<MqttClient['serverProperties']>;

/** The largest packet that MQTT can express: section 2.1.4. */
const MAX_PACKET_BYTES = 268_435_460;
/** The limit of a broker that states none: section 3.2.2.3.3. */
const MAX_IN_FLIGHT = 65_535;

/**
 * Reads the capabilities. A broker of MQTT 3.1.1 states none. A property of the wrong type counts as absent, and a limit
 * of 0, which the standard forbids, as 1: no violation of the standard stops the samples.
 */
export function capabilitiesOf(properties: Properties = {}): Capabilities {
  const { assignedClientIdentifier } = properties;
  return {
    canRetain: properties.retainAvailable !== false,
    maxQos: properties.maximumQoS === 0 ? 0 : 1,
    maxPacketBytes: Math.max(1, numberOr(MAX_PACKET_BYTES, properties.maximumPacketSize)),
    receiveMaximum: Math.max(1, numberOr(MAX_IN_FLIGHT, properties.receiveMaximum)),
    topicAliases: numberOr(0, properties.topicAliasMaximum),
    assignedClientId: typeof assignedClientIdentifier === 'string' ? assignedClientIdentifier : undefined,
    keepAliveS: numberOr(0, properties.serverKeepAlive) || undefined,
  };
}

function numberOr(fallback: number, value: unknown): number {
  return typeof value === 'number' ? value : fallback;
}

/** What does not work without a capability, for the log. */
const CONSEQUENCES: readonly { readonly if: (granted: Capabilities) => boolean; readonly text: string }[] = [
  {
    if: ({ canRetain }) => !canRetain,
    text: 'it retains no messages, so consumers get live, status, scooter and health only while they are connected (in Mosquitto: retain_available)',
  },
  {
    if: ({ maxQos }) => maxQos === 0,
    text: 'it permits only QoS 0, so a sample counts as delivered once the broker has answered a ping that was sent after it (in Mosquitto: max_qos)',
  },
];

/** Describes what does not work with this broker. */
export function missingCapabilities(granted: Capabilities): string[] {
  return CONSEQUENCES.flatMap((consequence) => (consequence.if(granted) ? [consequence.text] : []));
}
