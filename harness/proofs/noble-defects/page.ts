import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { replaceGenerated, table, type Cells } from '../../scenario/format/reference.ts';
import { DEFECTS, type Defect, type Proof } from './defects.ts';

/** The document that contains the table. */
export const DOCUMENT = join(import.meta.dirname, '../../../docs/link.md');
/** The command that updates the table in the document. */
export const RENDER_COMMAND = 'npx tsx harness/proofs/noble-defects/page.ts --write';

const HEAD: Cells = ['', 'what happens', 'the client recovers within'];

/** Renders the table, and what is behind each row, into the document. @throws Error if the marks are missing */
export function render(document: string): string {
  const rows = DEFECTS.map(({ trigger, within }, index): Cells => [String(index + 1), trigger, within]);
  const text = [table(HEAD, rows), '### Behind each row', ...DEFECTS.map(detailsOf)].join('\n\n');
  return replaceGenerated(document, RENDER_COMMAND, text);
}

/** What noble and the client do, and the evidence, as an item of a numbered list. */
function detailsOf({ trigger, noble, client, proofs }: Defect, index: number): string {
  const mark = `${index + 1}. `;
  const points = [
    `noble ${noble}.`,
    `The client ${client}.`,
    ...proofs.map((proof) => `Shown by ${evidence(proof)}.`),
  ];
  return [`${mark}${trigger}.`, ...points.map((point) => `${' '.repeat(mark.length)}- ${point}`)].join('\n');
}

/** The file of a proof, relative to the root of the repository. */
export function fileOf(proof: Proof): string {
  return 'scenario' in proof ? `scenarios/${proof.scenario}.toml` : proof.file;
}

function evidence(proof: Proof): string {
  if ('scenario' in proof) return `the scenario [${proof.scenario}](../${fileOf(proof)})`;
  const tests = proof.tests.map((name) => `“${name}”`).join(', ');
  return `${tests} in [${basename(proof.file)}](../${proof.file})`;
}

if (process.argv[1] === import.meta.filename) {
  const document = render(readFileSync(DOCUMENT, 'utf8'));
  if (process.argv.includes('--write')) writeFileSync(DOCUMENT, document);
  else process.stdout.write(document);
}
