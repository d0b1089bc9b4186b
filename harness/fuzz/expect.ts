import { inspect, isDeepStrictEqual } from 'node:util';
import { ProtocolError } from '../../protocol/errors.ts';

/** Throws an error that says what does not hold, unless it does. */
export function expectThat(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** Throws unless both values are the same throughout. */
export function expectEqual(what: string, actual: unknown, expected: unknown): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new Error(`${what}: ${inspect(actual, { depth: 5 })} is not ${inspect(expected, { depth: 5 })}`);
}

/** The result of a function, or the kind of the error that it is documented to throw; rethrows any other error. */
export function outcomeOf<Result>(
  act: () => Result,
  kindOf: (error: unknown) => string | undefined = protocolErrorCode,
): Result | string {
  try {
    return act();
  } catch (error) {
    const kind = kindOf(error);
    if (kind === undefined) throw error;
    return kind;
  }
}

function protocolErrorCode(error: unknown): string | undefined {
  return error instanceof ProtocolError ? error.code : undefined;
}

const MARGIN_BYTES = 32;

/**
 * Expects that what a function makes of some bytes does not depend on those before and after them in memory; returns
 * that.
 */
export function inAnyMemory<Result>(bytes: Buffer, act: (bytes: Buffer) => Result): Result {
  const [one, other] = [0x00, 0xff].map((fill) => {
    const memory = Buffer.alloc(bytes.length + 2 * MARGIN_BYTES, fill);
    memory.set(bytes, MARGIN_BYTES);
    return act(memory.subarray(MARGIN_BYTES, MARGIN_BYTES + bytes.length));
  }) as [Result, Result];
  expectEqual('reads beyond the bytes', one, other);
  return one;
}
