#!/usr/bin/env node
import { main } from './cli.ts';
import { systemEdges } from './edges.ts';

// noble reads this once: it takes the adapter for itself, which neither blocks nor asks the system's own Bluetooth.
process.env['HCI_CHANNEL_USER'] = '1';

/** Exit code of a process that is told to stop a second time and does not wait any longer. */
const IMPATIENT = 130;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(IMPATIENT);
    stop.abort();
  });
}

process.exit(await main(process.argv.slice(2), systemEdges, stop.signal));
