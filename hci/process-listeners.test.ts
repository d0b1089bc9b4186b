import { describe, expect, it } from 'vitest';
import { withoutProcessListeners } from './process-listeners.ts';

const listeners = (): unknown[] => [process.listeners('SIGINT'), process.listeners('exit')];
const ours = (): void => undefined;

describe('process listeners', () => {
  it('of a library are removed, those of others remain', () => {
    process.on('SIGINT', ours);
    try {
      const before = listeners();
      const loaded = withoutProcessListeners(() => {
        process.on('SIGINT', () => undefined);
        process.on('exit', () => undefined);
        return 'loaded';
      });
      expect(loaded).toBe('loaded');
      expect(listeners()).toEqual(before);
      expect(process.listeners('SIGINT')).toContain(ours);
    } finally {
      process.off('SIGINT', ours);
    }
  });

  it('are removed even if the library throws', () => {
    const before = listeners();
    expect(() =>
      withoutProcessListeners(() => {
        process.on('SIGINT', () => undefined);
        throw new Error('no adapter');
      }),
    ).toThrow('no adapter');
    expect(listeners()).toEqual(before);
  });
});
