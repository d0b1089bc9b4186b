import { COMMANDS, MAX_READ_BYTES, requestedDevice, type Device } from '../../../protocol/message.ts';
import type { Row } from '../../../protocol/registers/row.ts';
import { REGISTERS, ROWS } from '../../../protocol/registers/table.ts';
import type { ScooterModel } from '../../../simulator/models/model.ts';
import { modeCodes } from '../../../simulator/models/modes.ts';
import type { Request } from './action.ts';

const BYTES_PER_REGISTER = 2;

/** Whether an app may write these bytes, by the register table and the modes of the model alone. */
export function isWritable({ address, command, register, data }: Request, model: ScooterModel): boolean {
  const device = requestedDevice({ address, command, register, data });
  const row = ROWS.find(
    (each) => each.device === device && each.register === register && each.byteOffset === 0,
  );
  if (!row || row.access === 'read' || data.length !== row.bytes) return false;
  return row.kind === 'number' ? isNumberInRange(row, data, model) : isText(row, data);
}

function isNumberInRange(row: Row & { kind: 'number' }, data: Buffer, model: ScooterModel): boolean {
  const raw = data.readUIntLE(0, row.bytes);
  if (row === REGISTERS.esc.modeSetting && !modeCodes(model).includes(raw)) return false;
  return raw >= row.minRaw && raw <= row.maxRaw;
}

/** Whether everything before the first NUL can be read by people. */
function isText({ kind }: Row, data: Buffer): boolean {
  const text = data.toString('latin1').split('\0', 1)[0] ?? '';
  return kind === 'ascii' && /^[\x20-\x7e]*$/.test(text);
}

/** Whether a scooter answers a read. */
export function isValidRead({ command, data }: Request): boolean {
  const [count = 0] = data;
  return command === COMMANDS.read && data.length === 1 && count >= 1 && count <= MAX_READ_BYTES;
}

/** What the registers of each device contain, as far as writes change it. */
export class ExpectedMemory {
  readonly #memory: Readonly<Record<Device, Buffer>>;

  constructor(memory: Readonly<Record<Device, Buffer>>) {
    this.#memory = memory;
  }

  /** Applies a write that the scooter has to accept. A command changes no register. */
  write(device: Device, { register, data }: Request): void {
    const row = ROWS.find((each) => each.device === device && each.register === register);
    if (row?.access === 'setting') this.#memory[device].set(data, BYTES_PER_REGISTER * register);
  }

  read(device: Device, { register, data }: Request): Buffer {
    const start = BYTES_PER_REGISTER * register;
    return Buffer.from(this.#memory[device].subarray(start, start + (data[0] ?? 0)));
  }
}
