import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FAULTS } from '../faults/table.ts';
import { GUARANTEE_IDS } from '../../guarantees/ids.ts';
import { readScenario } from './load.ts';
import { reference } from './reference.ts';

const TEXT = readFileSync(join(import.meta.dirname, '../../../docs/scenarios.md'), 'utf8');

describe('docs/scenarios.md', () => {
  it('shows only valid scenarios', () => {
    const shown = [...TEXT.matchAll(/^```toml\n(.*?)^```$/gms)].map(([, text = '']) => text);
    const whole = shown.filter((text) => text.startsWith('title'));
    expect(whole.length).toBeGreaterThan(0);
    for (const text of whole) expect(() => readScenario(text, 'my.toml')).not.toThrow();
  });
});

describe('the reference', () => {
  it.each([...Object.keys(FAULTS), 'return_delay', 'recovered_by', 'title', 'at'])('explains %s', (name) => {
    expect(reference()).toContain(`| \`${name}\``);
  });

  it.each(GUARANTEE_IDS)('has the title of %s, and links to what it measures', (id) => {
    const link = `\\[${id}\\]\\(guarantees\\.md#${id.toLowerCase()}\\)`;
    expect(reference()).toMatch(new RegExp(`^\\| ${link} +\\| \\S`, 'm'));
  });
});
