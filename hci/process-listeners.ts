const SIGNALS = ['SIGINT', 'exit'] as const;

/**
 * Runs `load` and removes the process listeners that it added: noble and bleno exit the process on SIGINT if theirs is
 * the last listener, and never remove it.
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
