import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { withFullInitiatorWindow } from './initiator-window.ts';
import type { HciSocket } from './socket.ts';

/** What the controller gets if a library writes these packets. */
function written(...packets: readonly string[]): string[] {
  const sent: string[] = [];
  const socket = Object.assign(new EventEmitter(), {
    write: (packet: Buffer) => void sent.push(packet.toString('hex')),
  }) as unknown as HciSocket;
  const wrapped = withFullInitiatorWindow(socket);
  for (const packet of packets) wrapped.write(Buffer.from(packet, 'hex'));
  return sent;
}

describe('an attempt to connect', () => {
  it('listens all the time, whatever window noble asks for', () => {
    const rest = '00010100009ef0c800060006000000f40104000600';
    expect(written(`010d201960003000${rest}`)).toEqual([`010d201960006000${rest}`]);
  });

  it('leaves every other packet as it is', () => {
    const others = ['01030c00', '010b2007011000100000' + '00', '010d200060', '0240200700', '0d20'];
    expect(written(...others)).toEqual(others);
  });
});
