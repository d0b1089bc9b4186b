import { EVENT } from './event-filter.ts';
import { H4 } from './socket.ts';

const CODE_AT = 3;

/**
 * Fails if the controller reports a fault of its hardware (Bluetooth Core Vol 4 Part E, 7.7.16), after which its
 * connections and settings are gone. noble and bleno ignore that event, and would wait for what never comes.
 */
export function failOnHardwareError(
  hci: { onSocketData: (packet: Buffer) => void },
  fail: (error: Error) => void,
): void {
  const onSocketData = hci.onSocketData.bind(hci);
  hci.onSocketData = (packet) => {
    if (packet[0] !== H4.event || packet[1] !== EVENT.hardwareError) {
      onSocketData(packet);
      return;
    }
    fail(new Error(`its controller reports a hardware error (code ${packet[CODE_AT] ?? 'missing'})`));
  };
}
