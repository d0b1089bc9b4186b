import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GENERATED_FILES } from '../proofs/repository/generated-files.ts';

const ROOT = join(import.meta.dirname, '../..');

for (const [file, generate] of Object.entries(GENERATED_FILES)) {
  const path = join(ROOT, file);
  const current = readFileSync(path, 'utf8');
  const text = generate(current);
  if (text === current) continue;
  writeFileSync(path, text);
  process.stdout.write(`updated ${file}\n`);
}
