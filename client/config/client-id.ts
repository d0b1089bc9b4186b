/**
 * The default of `client`: a different one for each scooter, because a broker disconnects a client when another one
 * connects with its identifier. Every broker accepts 23 letters and digits (MQTT 3.1.1, section 3.1.3.1).
 */
export function clientIdOf(mac: string): string {
  return `martinete${mac.toLowerCase().replace(/[^0-9a-f]/g, '')}`;
}
