import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GENERATED_FILES } from '../proofs/repository/generated-files.ts';

const ROOT = join(import.meta.dirname, '../..');

for (const [file, generate] of Object.entries(GENERATED_FILES)) {
  const path = join(ROOT, file);
  writeFileSync(path, generate(readFileSync(path, 'utf8')));
}
