import type { Controller } from '../../../world/radio/controller.ts';

/** What the kernel tells an adapter that comes up: which events it wants to hear of. */
const KERNEL_SETS = ['01010c08fffffbff07f8bf3d', '010120081f00000000000000'];

/**
 * What a flap is to a host in raw mode: the kernel switches the adapter off and on again, every connection is gone, and
 * nobody tells the host.
 */
export function silentReset(controller: Controller): void {
  const { host } = controller;
  const send = host.send.bind(host);
  host.send = () => undefined;
  controller.reset();
  for (const command of KERNEL_SETS) controller.receive(Buffer.from(command, 'hex'));
  host.send = send;
}
