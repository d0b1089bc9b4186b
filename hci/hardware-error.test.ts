import { describe, expect, it } from 'vitest';
import { failOnHardwareError } from './hardware-error.ts';

/** What noble gets of these packets, and the errors. */
function received(...packets: readonly string[]): { passed: string[]; errors: string[] } {
  const passed: string[] = [];
  const errors: string[] = [];
  const hci = { onSocketData: (packet: Buffer) => void passed.push(packet.toString('hex')) };
  failOnHardwareError(hci, ({ message }) => errors.push(message));
  for (const packet of packets) hci.onSocketData(Buffer.from(packet, 'hex'));
  return { passed, errors };
}

describe('a controller that reports a hardware error', () => {
  it('has failed, with the code in the message', () => {
    expect(received('04100121')).toEqual({
      passed: [],
      errors: ['its controller reports a hardware error (code 33)'],
    });
    expect(received('041000').errors).toEqual(['its controller reports a hardware error (code missing)']);
  });

  it('is not mistaken for one that sends anything else', () => {
    const others = ['040e0401030c00', '0210000000', '04', ''];
    expect(received(...others)).toEqual({ passed: others, errors: [] });
  });
});
