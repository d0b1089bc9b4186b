import { parseText, readText } from '../../../client/config/document.ts';
import { VOCABULARY } from './vocabulary.ts';

/** The line, from 1, of a key of `[expect]` in a valid scenario file; undefined if the file does not contain it. */
export function lineOfExpectation(path: string, key: string): number | undefined {
  const text = readText(path, { name: 'the scenario', advice: '' });
  return parseText(text, path, VOCABULARY).positions.of(['expect', key], 'key')?.line;
}
