import type { Controller } from '../../../world/radio/controller.ts';

/** The event masks that the kernel sets when an adapter comes up. */
const KERNEL_SETS = ['01010c08fffffbff07f8bf3d', '010120081f00000000000000'];

/**
 * Resets a controller as the kernel does when it switches the adapter off and on: every connection ends, and a host in
 * raw mode gets no event.
 */
export function silentReset(controller: Controller): void {
  const { host } = controller;
  const send = host.send.bind(host);
  host.send = () => undefined;
  controller.reset();
  for (const command of KERNEL_SETS) controller.receive(Buffer.from(command, 'hex'));
  host.send = send;
}
