import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { missingNodeVersions, missingPrograms, missingPythonPackages } from './programs.js';

/**
 * What CI runs, in this order: each tier with its budget in minutes on two quiet cores from nothing, and the programs,
 * Python packages and versions of Node.js that its tests are skipped without.
 */
const TIERS = [
  { name: 'install', budget: 1, command: 'npm ci --loglevel=error', isFirst: true },
  {
    name: 'test',
    budget: 3.5,
    command: 'npm test',
    programs: ['mosquitto', 'openssl', 'btvirt', 'cc', 'tshark', 'python3', 'pip3', 'gpsd'],
    pythonPackages: 'harness/proofs/foreign-stacks/requirements.txt',
  },
  {
    name: 'scenarios',
    budget: 1.5,
    command: 'npm run -s test:scenarios',
    nodeVersions: ['20', '22', '24'],
  },
  { name: 'soak', budget: 1.5, command: 'npm run -s soak -- --lives 15 --reconnects 500' },
  { name: 'planted bugs', budget: 2, command: 'npm run -s planted-bugs' },
];

/** Machines are noisy: a tier fails at this multiple of its budget. */
const TOLERANCE = 2;
const isRequired = process.argv.includes('--require');
/** Totals of the test runs, as vitest prints them. */
const totals = { passed: 0, failed: 0, skipped: 0 };

const results = [];
for (const tier of TIERS) {
  if (results.some(({ outcome, isFirst }) => isFirst && outcome !== 'ok')) {
    results.push({ ...tier, seconds: 0, outcome: 'not run' });
    continue;
  }
  printHeading(`${tier.name} (budget ${minutes(tier.budget)}): ${tier.command}`);
  const missing = [
    ...missingPrograms(tier.programs ?? []),
    ...missingPythonPackages(tier.pythonPackages),
    ...missingNodeVersions(tier.nodeVersions),
  ];
  if (missing.length > 0)
    printHeading(`${missing.join(', ')} not installed: tests that need them are skipped`);
  const beganMs = performance.now();
  const problem = await run(tier);
  const seconds = (performance.now() - beganMs) / 1000;
  const lacks = isRequired && missing.length > 0 ? `failed: ${missing.join(', ')} not installed` : undefined;
  const outcome = problem ?? lacks ?? 'ok';
  results.push({ ...tier, seconds, outcome });
  printHeading(`${tier.name}: ${seconds.toFixed(0)} s of ${minutes(tier.budget)}, ${outcome}`);
}

print(`\n${'tier'.padEnd(20)}${'took'.padStart(8)}${'budget'.padStart(9)}  outcome`);
for (const { name, seconds, budget, outcome } of results) {
  const took = `${seconds.toFixed(0)} s`;
  print(`${name.padEnd(20)}${took.padStart(8)}${minutes(budget).padStart(9)}  ${outcome}`);
}
print(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = results.every(({ outcome }) => outcome === 'ok') ? 0 : 1;

/** Runs a tier's command, and kills it with all that it has started if it takes too long. Resolves to what went wrong. */
async function run({ command, budget }) {
  const limitMs = TOLERANCE * budget * 60_000;
  const child = spawn(command, { shell: true, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    process.stdout.write(chunk);
    text += chunk;
  });
  let isLate = false;
  const kill = () => process.kill(-child.pid, 'SIGKILL');
  const timer = setTimeout(() => {
    isLate = true;
    kill();
  }, limitMs);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, kill);
  const code = await new Promise((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, kill);
  count(text);
  if (isLate) return `failed: took more than ${TOLERANCE} times its budget`;
  return code === 0 ? undefined : `failed: exit code ${code}`;
}

/** Adds up lines such as `Tests  2 failed | 3012 passed | 11 skipped (3025)`, with or without colours. */
function count(text) {
  const plain = stripVTControlCharacters(text);
  for (const [, line] of plain.matchAll(/^ *Tests +(.*\d)/gm)) {
    for (const [, number, kind] of line.matchAll(/(\d+) (passed|failed|skipped)/g))
      totals[kind] += Number(number);
  }
}

function printHeading(line) {
  print(`\n=== ${line}`);
}

function print(line) {
  process.stdout.write(`${line}\n`);
}

function minutes(count) {
  return `${count} min`;
}
