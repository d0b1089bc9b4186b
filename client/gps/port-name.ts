import { isGpsdUrl, parseGpsdUrl } from './gpsd/address.ts';

const GPSD_HOST = /^(?:gpsd|(?:tcp:\/\/|http:\/\/)?([a-z0-9.-]+|\[[0-9a-f:]+\]):2947\/?|localhost)$/i;
const DEVICE = /^(?:\.?\/?dev\/)?((?:tty|cu|serial|gps)[\w./-]*)$/i;
const WINDOWS_PORT = /^com\d+$/i;

/**
 * Finds out whether a serial port has a name that no port of this system can have.
 * @returns the name that was probably meant, or a description of one; undefined if it is right
 */
export function expectedPort(name: string, platform: NodeJS.Platform): string | undefined {
  if (platform === 'win32' || name.startsWith('/') || isGpsdUrl(name)) return undefined;
  const gpsd = GPSD_HOST.exec(name);
  if (gpsd) {
    const url = `gpsd://${gpsd[1] ?? 'localhost'}`;
    if (parseGpsdUrl(url)) return `"${url}"`;
  }
  const device = DEVICE.exec(name)?.[1];
  if (device !== undefined) return `"/dev/${device}"`;
  const example = WINDOWS_PORT.test(name) ? '/dev/ttyUSB0' : `/dev/${name.replace(/^.*[/\\]/, '')}`;
  return `a device such as "${example}", or "gpsd://localhost"`;
}
