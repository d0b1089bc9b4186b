import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packedPage } from '../proofs/repository/package.ts';
import { filesOf } from '../proofs/repository/testing/texts.ts';

const ROOT = join(import.meta.dirname, '../..');
/** What is packed is collected here. */
const FOLDER = join(ROOT, 'build/package');

const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { files: string[] };

rmSync(FOLDER, { recursive: true, force: true });
for (const path of [...files, 'package.json'])
  cpSync(join(ROOT, path), join(FOLDER, path), { recursive: true });
for (const page of filesOf(['.md'], FOLDER, FOLDER)) {
  const path = join(FOLDER, page);
  writeFileSync(path, packedPage(readFileSync(path, 'utf8'), page, files));
}
execFileSync('npm', ['pack', '--pack-destination', ROOT], { cwd: FOLDER, stdio: 'inherit' });
