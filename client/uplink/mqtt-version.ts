/** MQTT 3.1.1 and 5, as CONNECT numbers them. */
export type MqttVersion = 4 | 5;

export const NEWEST_VERSION: MqttVersion = 5;
