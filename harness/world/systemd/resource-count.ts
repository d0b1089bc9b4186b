import type { EventContent } from '../trace/event.ts';
import type { Simulation } from '../simulation.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'exit', 'uncaughtException', 'unhandledRejection'] as const;

/** Counts the resources that the running client holds, from the outside. */
export function countResources({ clock, service, adapter, serial, broker, disk }: Simulation): EventContent {
  const owner = service.process?.owner;
  const open = adapter.sockets.filter((socket) => socket.isDevUp());
  const onSockets = open.flatMap((socket) => socket.eventNames().map((name) => socket.listenerCount(name)));
  const onProcess = SIGNALS.map((signal) => process.listenerCount(signal));
  const connections = owner ? broker.countConnections(owner) : 0;
  return {
    type: 'census',
    timers: owner ? clock.pendingTimers(owner) : 0,
    listeners: [...onSockets, ...onProcess].reduce((sum, count) => sum + count, 0),
    handles: open.length + (serial?.isOpen ? 1 : 0) + connections + disk.openStores,
    storeBytes: disk.bytes,
  };
}
