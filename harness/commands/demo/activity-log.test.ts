import { describe, expect, it } from 'vitest';
import type { AbortReason, FirmwareEventBody } from '../../../simulator/firmware/events.ts';
import { ActivityLog } from './activity-log.ts';

function logged(event: FirmwareEventBody): string {
  const lines: string[] = [];
  new ActivityLog({ write: (line) => lines.push(line) }).logScooterEvent({ ...event, nowMs: 0 });
  return lines.map((line) => line.replace(/^.*? s {2}scooter +/, '').trimEnd()).join('\n');
}

const receiving = { kind: 'receive', type: 'appRandom' } as const;

describe('the log of the scooter', () => {
  it('says "refused" only if the scooter has refused a login', () => {
    expect(logged({ type: 'loginFailed' })).toBe('login refused');
    const reasons: AbortReason[] = ['disconnected', 'timedOut', 'chunksLost', 'rejected', 'cancelled'];
    const lines = reasons.map((reason) => logged({ type: 'loginAborted', reason, step: receiving }));
    expect(new Set(lines).size).toBe(reasons.length);
    for (const line of lines) expect(line).toMatch(/^login not completed: [a-z0-9 ]+$/);
  });

  it("names the wrong token if the central disconnects after the scooter's proof", () => {
    const step = { kind: 'receive', type: 'appConfirmation' } as const;
    expect(logged({ type: 'loginAborted', reason: 'disconnected', step })).toBe(
      "login not completed: the central disconnected after the scooter's proof, as it does if its token is wrong",
    );
    expect(logged({ type: 'loginAborted', reason: 'timedOut', step })).toBe(
      'login not completed: it took longer than 30 s',
    );
  });

  it('tells what an app has set', () => {
    expect(logged({ type: 'command', device: 'esc', key: 'tailLight', value: 2 })).toBe(
      'esc tailLight set to 2',
    );
  });

  it('does not mention replies', () => {
    const message = { address: 0x23, command: 1, register: 0, data: Buffer.alloc(0) };
    expect(logged({ type: 'replied', askedMs: 0, ...message })).toBe('');
  });
});
