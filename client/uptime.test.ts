import { expect, it } from 'vitest';
import { systemUptime } from './uptime.ts';

it('the uptime identifies the boot, and does not decrease', () => {
  const earlier = systemUptime();
  const later = systemUptime();
  expect(earlier?.boot).toMatch(/^[0-9a-f-]{36}$/);
  expect(later?.boot).toBe(earlier?.boot);
  expect(later?.ms).toBeGreaterThanOrEqual(earlier?.ms ?? Infinity);
});
