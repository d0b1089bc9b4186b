import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FAULTS } from '../faults/table.ts';
import { GUARANTEE_IDS } from '../../guarantees/ids.ts';
import { readScenario } from './load.ts';
import { REFERENCE_PAGE, UPDATE_COMMAND, reference, withReference } from './reference.ts';

const TEXT = readFileSync(REFERENCE_PAGE, 'utf8');

describe('docs/scenarios.md', () => {
  it('lists every key, fault and guarantee', () => {
    expect(TEXT, `The reference is out of date. Update it: ${UPDATE_COMMAND}`).toBe(withReference(TEXT));
  });

  it('is out of date after any change in the tables', () => {
    expect(withReference(TEXT.replace('`radio.gap`', '`radio.gone`'))).toBe(TEXT);
    expect(() => withReference(TEXT.replace(UPDATE_COMMAND, ''))).toThrow('Expected generated text between');
  });

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

  it.each(GUARANTEE_IDS)('has the title of %s', (id) => {
    expect(reference()).toMatch(new RegExp(`^\\| ${id} +\\| \\S`, 'm'));
  });
});
