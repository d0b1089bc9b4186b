import { describe, expect, it } from 'vitest';
import { adviceFor } from './advice.ts';
import { serialPortProblem } from './port-check.ts';

describe('the name of a serial port', () => {
  it.each([
    ['ttyUSB0', '"/dev/ttyUSB0"'],
    ['dev/ttyAMA0', '"/dev/ttyAMA0"'],
    ['./dev/ttyS0', '"/dev/ttyS0"'],
    ['serial0', '"/dev/serial0"'],
    ['serial/by-id/usb-u-blox', '"/dev/serial/by-id/usb-u-blox"'],
    ['cu.usbmodem1', '"/dev/cu.usbmodem1"'],
    ['gpsd', '"gpsd://localhost"'],
    ['localhost', '"gpsd://localhost"'],
    ['localhost:2947', '"gpsd://localhost"'],
    ['192.168.1.5:2947', '"gpsd://192.168.1.5"'],
    ['tcp://pi.local:2947', '"gpsd://pi.local"'],
    ['COM3', 'a device such as "/dev/ttyUSB0", or "gpsd://localhost"'],
    ['receiver', 'a device such as "/dev/receiver", or "gpsd://localhost"'],
  ])('%s is none of Linux and macOS: the one to type is named', (name, expected) => {
    for (const platform of ['linux', 'darwin'] as const) {
      expect(serialPortProblem(name, platform)).toBe(`"${name}" is not a serial port, expected ${expected}`);
    }
  });

  it.each(['COM3', 'ttyUSB0'])('%s is not judged on Windows, whose ports have no files', (name) => {
    expect(serialPortProblem(name, 'win32')).toBeUndefined();
  });

  it.each(['gpsd://localhost', 'GPSD://pi.local:2947'])('%s is right everywhere', (name) => {
    for (const platform of ['linux', 'darwin', 'win32'] as const) {
      expect(serialPortProblem(name, platform)).toBeUndefined();
    }
  });

  it('that is wrong is also corrected by the log of a running client', () => {
    const reason = 'could not be opened: Error: No such file or directory, cannot open ttyUSB0';
    expect(adviceFor(reason, 'ttyUSB0', 'linux')).toBe(' (set serial_port to "/dev/ttyUSB0")');
    expect(adviceFor(reason, 'COM3', 'win32')).toBe(' (is it plugged in?)');
  });
});
