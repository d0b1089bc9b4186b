import type { Happening } from '../trace/event.ts';
import type { Stage } from '../stage.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'exit', 'uncaughtException', 'unhandledRejection'] as const;

/** What the client that runs just now holds, counted from the outside. */
export function census({ clock, service, adapter, serial, broker, disk }: Stage): Happening {
  const owner = service.process?.owner;
  const open = adapter.sockets.filter((socket) => socket.isDevUp());
  const onSockets = open.flatMap((socket) => socket.eventNames().map((name) => socket.listenerCount(name)));
  const onProcess = SIGNALS.map((signal) => process.listenerCount(signal));
  const connections = owner ? broker.connectionsOf(owner) : 0;
  return {
    type: 'census',
    timers: owner ? clock.pending(owner) : 0,
    listeners: [...onSockets, ...onProcess].reduce((sum, count) => sum + count, 0),
    handles: open.length + (serial?.isOpen ? 1 : 0) + connections + disk.openStores,
    storeBytes: disk.bytes,
  };
}
