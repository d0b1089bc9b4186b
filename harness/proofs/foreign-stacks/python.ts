import { spawnSync } from 'node:child_process';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder into which .ci/tiers.js installs Python packages. */
const PACKAGES = fileURLToPath(new URL('../../../build/python', import.meta.url));

const path = [PACKAGES, process.env['PYTHONPATH']].filter((each) => each !== undefined).join(delimiter);

/** Environment of Python programs; without the warnings of their libraries. */
export const PYTHON_ENV: NodeJS.ProcessEnv = {
  ...process.env,
  PYTHONPATH: path,
  PYTHONWARNINGS: 'ignore',
  PYTHONDONTWRITEBYTECODE: '1',
};

/** How to install what is missing. */
export const PYTHON_ADVICE =
  'not installed; run pip3 install --no-deps --target build/python -r harness/proofs/foreign-stacks/requirements.txt';

/** Whether Python and all of these modules are installed. */
export function hasPythonModules(...modules: readonly string[]): boolean {
  const { status } = spawnSync('python3', ['-c', `import ${modules.join(', ')}`], { env: PYTHON_ENV });
  return status === 0;
}
