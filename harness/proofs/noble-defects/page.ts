import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { table, replaceGenerated, type Cells } from '../../scenario/format/reference.ts';
import { DEFECTS, type Proof } from './defects.ts';

/** The document that contains the table. */
export const DOCUMENT = join(import.meta.dirname, '../../../docs/link.md');
/** The command that updates the table in the document. */
export const RENDER_COMMAND = 'npx tsx harness/proofs/noble-defects/page.ts --write';

const HEAD: Cells = ['what happens', 'noble', 'the client', 'within', 'shown by'];

/** Renders the table into the document. @throws Error if the marks around the table are missing */
export function render(document: string): string {
  const rows = DEFECTS.map(({ trigger, noble, client, within, proofs }): Cells => {
    return [trigger, noble, client, within, proofs.map(linkTo).join('<br>')];
  });
  return replaceGenerated(document, RENDER_COMMAND, table(HEAD, rows));
}

/** The file of a proof, relative to the root of the repository. */
export function fileOf(proof: Proof): string {
  return 'scenario' in proof ? `scenarios/${proof.scenario}.toml` : proof.file;
}

function linkTo(proof: Proof): string {
  const link = (text: string): string => `[${text}](../${fileOf(proof)})`;
  return 'scenario' in proof
    ? link(proof.scenario)
    : proof.tests.map((name) => link(`“${name}”`)).join('<br>');
}

if (process.argv[1] === import.meta.filename) {
  const document = render(readFileSync(DOCUMENT, 'utf8'));
  if (process.argv.includes('--write')) writeFileSync(DOCUMENT, document);
  else process.stdout.write(document);
}
