import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Foreign programs that tests run, each with the Debian package that has it. */
const PACKAGES = {
  mosquitto: 'mosquitto',
  openssl: 'openssl',
  btvirt: 'bluez-test-tools',
  cc: 'build-essential',
  tshark: 'tshark',
  python3: 'python3',
  gpsd: 'gpsd',
  pip3: 'python3-pip',
};

/** Folder of the Python packages that tests import. */
const PYTHON_FOLDER = 'build/python';
/** Folder of other versions of Node.js, each in a folder of its own. */
const NODE_FOLDER = 'build/node';

const UPDATE_LIMIT_MS = 120_000;
const INSTALL_LIMIT_MS = 240_000;
/** Debian keeps servers where only root's shell looks. */
const FOLDERS = [...process.env.PATH.split(delimiter), '/usr/sbin', '/usr/local/sbin'];

/** Installs what is missing of `programs`, if this is Debian and we are root. Returns what is missing all the same. */
export function missingPrograms(programs) {
  const missing = programs.filter((program) => !isInstalled(program));
  if (missing.length === 0 || process.getuid?.() !== 0 || !isInstalled('apt-get')) return missing;
  aptGet(['update'], UPDATE_LIMIT_MS);
  for (const program of missing) {
    aptGet(['install', '-y', '--no-install-recommends', PACKAGES[program]], INSTALL_LIMIT_MS);
  }
  return missing.filter((program) => !isInstalled(program));
}

/** Installs the Python packages of a requirements file. Returns what is missing all the same. */
export function missingPythonPackages(requirements) {
  if (requirements === undefined) return [];
  const args = ['install', '--quiet', '--no-deps', '--target', PYTHON_FOLDER, '--requirement', requirements];
  const { status } = spawnSync('pip3', args, { timeout: INSTALL_LIMIT_MS, stdio: 'ignore' });
  return status === 0 ? [] : [`Python packages (${requirements})`];
}

/** Installs major versions of Node.js from the npm registry, except for the one that runs. Returns what is missing all the same. */
export function missingNodeVersions(versions = []) {
  const name = `node-${process.platform}-${process.arch}`;
  const [current] = process.versions.node.split('.');
  const isMissing = (version) => {
    const folder = join(NODE_FOLDER, version);
    if (existsSync(join(folder, 'node_modules', name, 'bin/node'))) return false;
    const args = ['install', '--silent', '--no-save', '--prefix', folder, `${name}@${version}`];
    return spawnSync('npm', args, { timeout: INSTALL_LIMIT_MS, stdio: 'ignore' }).status !== 0;
  };
  return versions
    .filter((version) => version !== current)
    .filter(isMissing)
    .map((version) => `Node.js ${version}`);
}

function isInstalled(program) {
  return FOLDERS.some((folder) => existsSync(join(folder, program)));
}

function aptGet(args, timeout) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['-qq', ...args], { env, timeout, stdio: 'ignore' });
}
