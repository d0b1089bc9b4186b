const SIGNALS = ['SIGINT', 'exit'] as const;

/**
 * Runs `load` and takes back the process listeners that it added: noble and bleno end the process on SIGINT when
 * theirs is the last listener, and never remove any.
 */
export function withoutProcessListeners<T>(load: () => T): T {
  const before = SIGNALS.map((event) => new Set<unknown>(process.listeners(event as NodeJS.Signals)));
  try {
    return load();
  } finally {
    SIGNALS.forEach((event, index) => {
      for (const listener of process.listeners(event as NodeJS.Signals)) {
        if (!before[index]?.has(listener)) process.removeListener(event, listener);
      }
    });
  }
}
