import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FAULTS } from '../faults/table.ts';
import { GUARANTEE_IDS } from '../../guarantees/ids.ts';
import { readScenario } from './load.ts';
import { REFERENCE_PAGE, UPDATE_COMMAND, reference, withReference } from './reference.ts';

const TEXT = readFileSync(REFERENCE_PAGE, 'utf8');

describe('docs/scenarios.md', () => {
  it('knows every key, fault and guarantee as they are', () => {
    expect(TEXT, `The reference is stale. Renew it: ${UPDATE_COMMAND}`).toBe(withReference(TEXT));
  });

  it('is found stale after any change in the tables', () => {
    expect(withReference(TEXT.replace('`radio.gap`', '`radio.gone`'))).toBe(TEXT);
    expect(() => withReference(TEXT.replace(UPDATE_COMMAND, ''))).toThrow('has to stand between');
  });

  it('shows only scenarios that are right', () => {
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

  it.each(GUARANTEE_IDS)('tells what %s promises', (id) => {
    expect(reference()).toMatch(new RegExp(`^\\| ${id} +\\| \\S`, 'm'));
  });
});
