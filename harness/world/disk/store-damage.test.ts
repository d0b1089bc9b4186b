import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { damageRow, downgrade, ROW_DAMAGES } from './store-damage.ts';

/** A store of the present layout. */
function store(): Map<string, string> {
  const lines = readFileSync('fixtures/stores/layout-2.jsonl', 'utf8').trim().split('\n');
  const rows = lines.map((line) => JSON.parse(line) as { key: string; value: string });
  return new Map(rows.map(({ key, value }) => [key, value]));
}

function keysOf(content: ReadonlyMap<string, string>): string[] {
  return [...content.keys()];
}

describe('a row of the outbox', () => {
  it.each(ROW_DAMAGES)('is the only one that changes: %s', (damage) => {
    const content = store();
    const lost = damageRow(content, damage, 0.3);
    const changed = [...store()].filter(([key, value]) => content.get(key) !== value);
    expect(changed).toHaveLength(1);
    const [[key, value] = ['', '']] = changed;
    expect(content.has(key)).toBe(damage.endsWith('damaged'));
    expect(key).toMatch(damage.startsWith('sample') ? /^!journal!/ : /^!segments!/);
    expect(content.get(key)?.length ?? value.length).toBe(value.length);
    if (damage.startsWith('sample')) expect(lost).toEqual({ bootId: '08d2be6f71c3940a', seq: 3 });
    else expect(lost).toBeUndefined();
  });

  it('is none if there is none', () => {
    expect(damageRow(new Map(), 'sample-missing', 0.5)).toBeUndefined();
  });
});

describe('an outbox of an earlier version', () => {
  it('has the same samples without an index, and in layout 0 plain payloads alone', () => {
    const content = store();
    downgrade(content, '1');
    expect(keysOf(content).filter((key) => /^!(?:segments|starts)!/.test(key))).toEqual([]);
    expect(content.get('!boots!3')).toBe('"08d2be6f71c3940a"');
    expect(content.get('!meta!version')).toBe('1');
    const samples = [...content].filter(([key]) => key.startsWith('!journal!'));
    expect(samples).toEqual([...store()].filter(([key]) => key.startsWith('!journal!')));
    downgrade(content, '0');
    expect(content.has('!meta!version')).toBe(false);
    const plain = [...content].filter(([key]) => key.startsWith('!samples!'));
    expect(plain).toHaveLength(samples.length);
    for (const [, payload] of plain) expect(JSON.parse(payload)).toHaveProperty('seq');
  });
});
