/** Thrown for operations of a process that was killed, has crashed, or lost power. */
export class ProcessGoneError extends Error {
  override readonly name = 'ProcessGoneError';
}

/** Error with the code and the message of classic-level. */
export class DiskError extends Error {
  override readonly name = 'DiskError';
  readonly code: 'LEVEL_IO_ERROR' | 'LEVEL_LOCKED' | 'LEVEL_CORRUPTION';

  constructor(code: DiskError['code'], message: string) {
    super(`${code === 'LEVEL_CORRUPTION' ? 'Corruption' : 'IO error'}: ${message}`);
    this.code = code;
  }
}
