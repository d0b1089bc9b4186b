import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { gpsFields } from './gps-fields.ts';
import { hasDocumentedForm } from './number-form.ts';
import { SCOOTER_FIELDS } from './scooter-fields.ts';

/** Texts of the numbers in a sample by path. */
function numbersIn(sample: string): Map<string, string> {
  const numbers = new Map<string, string>();
  let object = '';
  for (const [, key = '', value = '', end] of sample.matchAll(/"(\w+)":\s*(\{|"[^"]*"|[^,\s}]+)|(\})/g)) {
    if (end) object = '';
    else if (value === '{') object = `${key}.`;
    else if (/^[-\d]/.test(value)) numbers.set(object + key, value);
  }
  return numbers;
}

describe('the text of a number', () => {
  it.each([
    ['speed_kmh', ['0.0', '20.545'], ['0', '20', '-', '1e-3', '1.', '.5', '01.5', '+1.0']],
    ['uptime_sec', ['12.0'], ['12']],
    ['battery_info.current', ['-1.73', '0.0'], ['-2']],
    ['battery_info.temperature_1', ['18', '-20', '0'], ['18.0', '018', '1e1']],
    ['total_distance_m', ['1306104'], ['1306104.0', '1.306104e6']],
    ['gpsinfo.latitude', ['43.3707643', '0.0', '0.0000001'], ['0', '43.37076432', '1e-7']],
    ['gpsinfo.age_sec', ['0.771'], ['3']],
    ['error', ['0'], ['0.0', '']],
  ])('of %s', (path, right, wrong) => {
    for (const text of right) expect(hasDocumentedForm(path, text), text).toBe(true);
    for (const text of wrong) expect(hasDocumentedForm(path, text), text).toBe(false);
  });

  it('is that of the documented sample', () => {
    const [, sample = ''] = /```json\n([^]*?)```/.exec(readFileSync('docs/topics.md', 'utf8')) ?? [];
    const numbers = numbersIn(sample);
    expect(numbers.size).toBe(22);
    const wrong = [...numbers].filter(([path, text]) => !hasDocumentedForm(path, text));
    expect(wrong).toEqual([]);
  });

  it('is that of the earlier client, except for the digits of coordinates', () => {
    const samples = readFileSync('fixtures/legacy/payloads.jsonl', 'utf8').trim().split('\n');
    for (const sample of samples) {
      const wrong = [...numbersIn(sample)].filter(([path, text]) => !hasDocumentedForm(path, text));
      const coordinates = ['gpsinfo.latitude', 'gpsinfo.longitude'];
      expect(wrong.filter(([path]) => !coordinates.includes(path))).toEqual([]);
    }
  });

  it('is known for every number of a sample', () => {
    const paths = [...SCOOTER_FIELDS.map(({ path }) => path), ...gpsFields(undefined, 0).keys()];
    const others = ['locked', 'gpsinfo.fix', 'gpsinfo.time'];
    for (const path of paths.filter((each) => !others.includes(each))) {
      expect(() => hasDocumentedForm(path, '0')).not.toThrow();
    }
    for (const path of others) expect(() => hasDocumentedForm(path, '0')).toThrow(RangeError);
  });
});
