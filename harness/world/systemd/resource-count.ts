import type { EventContent } from '../trace/event.ts';
import type { Simulation } from '../simulation.ts';
import type { ListenerWatch } from './listener-watch.ts';

/** Counts the resources that the running client holds, from the outside. */
export function countResources(
  { clock, service, adapter, serial, broker, disk }: Simulation,
  listeners: ListenerWatch,
): EventContent {
  const owner = service.process?.owner;
  const open = adapter.sockets.filter((socket) => socket.isDevUp());
  const connections = owner ? broker.countConnections(owner) : 0;
  return {
    type: 'census',
    timers: owner ? clock.pendingTimers(owner) : 0,
    ...(owner ? listeners.count(owner) : { listeners: 0, mostListeners: 0 }),
    handles: open.length + (serial?.openPorts ?? 0) + connections + disk.openStores,
    storeBytes: disk.bytes,
  };
}
