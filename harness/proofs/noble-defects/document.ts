import { basename } from 'node:path';
import { table, type Cells } from '../../report/markdown.ts';
import { DEFECTS, type Defect, type Proof } from './defects.ts';

const HEAD: Cells = ['', 'what happens', 'the client recovers within'];

/** The defects as a Markdown table, and behind it what each row stands for. */
export function defectTable(): string {
  const rows = DEFECTS.map(({ trigger, within }, index): Cells => [String(index + 1), trigger, within]);
  return [table(HEAD, rows), '### Behind each row', ...DEFECTS.map(detailsOf)].join('\n\n');
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
