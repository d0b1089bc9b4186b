import type { Guarantee, RunFacts } from './guarantee.ts';
import { Tally } from './tally.ts';
import type { TraceView, OutputEvent } from './trace-view.ts';

/** Readable and writable by the owner only. */
const PRIVATE_MODE = 0o600;
const GROUP_AND_OTHERS = 0o077;

/** Number of leading characters of an encoded secret that count as a disclosure. */
const MATCH_LENGTH = 16;
/** A run of characters that may contain an encoded secret. */
const CANDIDATE = new RegExp(`(?<![\\w+/,-])[\\w+/,-]{${MATCH_LENGTH},}`, 'g');

/** Text encodings of a secret. */
const ENCODINGS: readonly ((secret: Buffer) => string)[] = [
  (secret) => secret.toString('hex'),
  (secret) => secret.toString('hex').toUpperCase(),
  (secret) => secret.toString('base64'),
  (secret) => secret.toString('base64url'),
  (secret) => [...secret].join(','),
];

export const s6: Guarantee = {
  title: 'The token, the session keys and what the broker demands are never disclosed',
  rules: [
    {
      checks: 'Log lines, published messages, and errors that end the client',
      bound: `without the first ${MATCH_LENGTH} characters of the token, of a session key, or of the secrets in the address of the broker, in hex, base64, base64url, or as decimal numbers`,
      excuses: [],
    },
    { checks: 'Mode of the token file after the run', bound: octal(PRIVATE_MODE), excuses: [] },
    {
      checks:
        'Mode of each file that the client writes a secret into, such as a pending token, from its first byte on, under whatever name',
      bound: 'no permission for group and others',
      excuses: [],
    },
  ],
  blindSpots: [
    'A part of a secret without its beginning.',
    'Other encodings, such as hex with spaces, and a secret that is spread over several lines.',
    'The store of the outbox, which the world keeps in memory, and files outside of the folder of the configuration.',
    'Files that the client opens through a link, or writes asynchronously: those are seen only as they are at the next change, or at the end.',
    'Other places: the command line, the memory of the process.',
  ],
  check(view, facts) {
    const tally = new Tally();
    const prefixes = prefixesOf(facts.secrets);
    checkOutputs(view, prefixes, tally);
    checkFiles(facts, prefixes, tally);
    checkTokenFile(view, facts, tally);
    return tally.result;
  },
};

/** Beginnings of the secrets in all encodings. */
function prefixesOf(secrets: readonly Buffer[]): ReadonlySet<string> {
  return new Set(secrets.flatMap((secret) => ENCODINGS.map((form) => prefixOf(form(secret)))));
}

function checkOutputs({ outputs }: TraceView, prefixes: ReadonlySet<string>, tally: Tally): void {
  if (prefixes.size === 0) return;
  let lastClean = '';
  for (const output of outputs) {
    tally.countChecks();
    const text = textOf(output);
    // The journal and the live topic often carry the same text.
    if (text === lastClean) continue;
    if (!containsSecret(text, prefixes)) {
      lastClean = text;
      continue;
    }
    tally.addViolation({
      atMs: output.atMs,
      what: `a secret was disclosed in ${placeOf(output)}`,
      bound: 'nowhere',
      measured: `${MATCH_LENGTH} characters of it, or more`,
    });
  }
}

function checkFiles({ writtenFiles, secrets }: RunFacts, prefixes: ReadonlySet<string>, tally: Tally): void {
  const reported = new Set<string>();
  for (const { atMs, name, mode, content } of writtenFiles) {
    const isSecret =
      secrets.some((secret) => content.includes(secret)) ||
      containsSecret(content.toString('latin1'), prefixes);
    if (!isSecret) continue;
    tally.countChecks();
    if ((mode & GROUP_AND_OTHERS) === 0 || reported.has(name)) continue;
    reported.add(name);
    tally.addViolation({
      atMs,
      what: `others can access ${name}, which contains a secret`,
      bound: 'no permission for group and others',
      measured: octal(mode),
    });
  }
}

function checkTokenFile({ endMs }: TraceView, { tokenFileMode }: RunFacts, tally: Tally): void {
  if (tokenFileMode === undefined) return;
  tally.countChecks();
  if (tokenFileMode === PRIVATE_MODE) return;
  tally.addViolation({
    atMs: endMs,
    what: 'others can read the token file',
    bound: octal(PRIVATE_MODE),
    measured: octal(tokenFileMode),
  });
}

/** Whether a text contains the beginning of a secret. */
function containsSecret(text: string, prefixes: ReadonlySet<string>): boolean {
  for (const [run] of text.matchAll(CANDIDATE)) {
    for (let at = 0; at + MATCH_LENGTH <= run.length; at++) {
      if (prefixes.has(run.slice(at, at + MATCH_LENGTH))) return true;
    }
  }
  return false;
}

function prefixOf(form: string): string {
  return form.slice(0, MATCH_LENGTH);
}

function textOf(output: OutputEvent): string {
  if (output.type === 'log') return output.message;
  return output.type === 'received' ? output.payload : (output.error ?? '');
}

function placeOf(output: OutputEvent): string {
  if (output.type === 'log') return 'a log line';
  return output.type === 'received' ? `a message on ${output.topic}` : 'the error that crashed the client';
}

function octal(mode: number): string {
  return `0${mode.toString(8)}`;
}
