import { isGpsdUrl } from './gpsd/address.ts';
import { expectedPort } from './port-name.ts';

/** Advice for serial port errors, by the wording of the operating system and of serialport. */
const ADVICE: readonly (readonly [
  trouble: RegExp,
  advice: (path: string, platform: NodeJS.Platform) => string,
])[] = [
  [/no such (?:file|device)|does not exist|bad file descriptor|input\/output error/i, adviceIfMissing],
  [/permission denied/i, () => 'add the user to the group that owns it, usually dialout'],
  [
    /lock|busy/i,
    () =>
      'another program uses it: if that is gpsd, set serial_port to "gpsd://localhost"; if it is ModemManager, stop it, ' +
      'or make it ignore this port',
  ],
  [
    /silent/,
    (path) =>
      isGpsdUrl(path)
        ? 'is gpsd still running? See "systemctl status gpsd"'
        : 'is it switched on, and is this the right port?',
  ],
  [/ECONNREFUSED/, () => 'is gpsd running? Start it with "sudo systemctl start gpsd.socket"'],
  [/ENOTFOUND|EAI_AGAIN/, () => 'check the host in serial_port'],
  [/inappropriate ioctl/i, () => 'this is not a serial port'],
];

/** Returns advice on why a port was lost, to be appended to `reason`; empty if there is none. */
export function adviceFor(reason: string, path: string, platform = process.platform): string {
  const known = ADVICE.find(([pattern]) => pattern.test(reason));
  return known ? ` (${known[1](path, platform)})` : '';
}

function adviceIfMissing(path: string, platform: NodeJS.Platform): string {
  const expected = expectedPort(path, platform);
  if (expected !== undefined) return `set serial_port to ${expected}`;
  return /^\/dev\/tty[A-Z]/.test(path)
    ? 'is it plugged in? Its name may have changed: use the one in /dev/serial/by-id, which does not change'
    : 'is it plugged in?';
}
