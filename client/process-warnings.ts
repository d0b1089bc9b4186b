/**
 * Passes the warnings of this process to `listener`, instead of to the listener of Node.js, which prints them.
 * @returns a function that restores the listeners.
 */
export function onProcessWarning(listener: (warning: Error) => void): () => void {
  const others = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', listener);
  return () => {
    process.off('warning', listener);
    for (const other of others) process.on('warning', other);
  };
}
