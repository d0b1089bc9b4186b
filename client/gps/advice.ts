/** What helps against troubles of a serial port, as the operating system and serialport word them. */
const ADVICE: readonly (readonly [trouble: RegExp, advice: (path: string) => string])[] = [
  [
    /no such (?:file|device)|does not exist|bad file descriptor|input\/output error/i,
    (path) =>
      /^\/dev\/tty[A-Z]/.test(path)
        ? 'is it plugged in? Its name may have changed as well: those in /dev/serial/by-id do not'
        : 'is it plugged in?',
  ],
  [/permission denied/i, () => 'the user needs to be in the group that owns it, most often dialout'],
  [
    /lock|busy/i,
    () => 'another program has it, such as gpsd or ModemManager: stop that, or have it leave this port alone',
  ],
  [/silent/, () => 'is it switched on, and is this the port on which it speaks?'],
  [/inappropriate ioctl/i, () => 'this is no serial port'],
];

/** What can be done where a port at `path` is lost for `reason`, to be put behind it; empty where nothing is known. */
export function adviceFor(reason: string, path: string): string {
  const known = ADVICE.find(([pattern]) => pattern.test(reason));
  return known ? ` (${known[1](path)})` : '';
}
