/** Devices whose registers a sample comes from: the motor controller and the battery. */
export type Device = 'ESC' | 'BMS';

const BYTES_PER_REGISTER = 2;

/**
 * Register contents that were read from a scooter. A register is a word of two bytes, the low one first; a read
 * returns consecutive ones. What no reply contained is undefined, never 0. Source: CamiAlfa's captures of an m365.
 */
export class RegisterMemory {
  /** Bytes by their address, which is twice that of the register. */
  readonly #bytes: Readonly<Record<Device, Map<number, number>>> = { ESC: new Map(), BMS: new Map() };

  /** Stores the reply to a read from `register` on, over the contents of earlier replies. */
  store(device: Device, register: number, contents: Uint8Array): void {
    const start = BYTES_PER_REGISTER * register;
    for (const [offset, byte] of contents.entries()) this.#bytes[device].set(start + offset, byte);
  }

  lowByte(device: Device, register: number): number | undefined {
    return this.#bytes[device].get(BYTES_PER_REGISTER * register);
  }

  highByte(device: Device, register: number): number | undefined {
    return this.#bytes[device].get(BYTES_PER_REGISTER * register + 1);
  }

  /** Reads one register without sign. */
  u16(device: Device, register: number): number | undefined {
    return joined(this.lowByte(device, register), this.highByte(device, register), 0x100);
  }

  /** Reads one register as two's complement. */
  i16(device: Device, register: number): number | undefined {
    const word = this.u16(device, register);
    return word === undefined || word < 0x8000 ? word : word - 0x1_0000;
  }

  /** Reads two registers, the low word first, without sign. */
  u32(device: Device, register: number): number | undefined {
    return joined(this.u16(device, register), this.u16(device, register + 1), 0x1_0000);
  }
}

/** Joins two halves of a number; undefined if either is. */
function joined(low: number | undefined, high: number | undefined, factor: number): number | undefined {
  return low === undefined || high === undefined ? undefined : low + factor * high;
}
