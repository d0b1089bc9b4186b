import { describe, expect, it } from 'vitest';
import { GENERATE_COMMAND } from '../../report/markdown.ts';
import { GENERATED_FILES } from './generated-files.ts';
import { textOf } from './testing/texts.ts';

describe.each(Object.entries(GENERATED_FILES))('%s', (file, generate) => {
  it('is up to date', () => {
    expect(textOf(file), `Update it: ${GENERATE_COMMAND}`).toBe(generate(textOf(file)));
  });
});

describe('a generated part of a document', () => {
  const document = textOf('docs/scenarios.md');
  const generate = GENERATED_FILES['docs/scenarios.md'] ?? String;

  it('is replaced after a change', () => {
    expect(generate(document.replace('`radio.gap`', '`radio.gone`'))).toBe(document);
  });

  it('needs the marks around it', () => {
    expect(() => generate(document.replace(GENERATE_COMMAND, ''))).toThrow('Expected generated text between');
  });
});
