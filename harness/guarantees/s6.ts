import type { Guarantee, RunFacts } from './guarantee.ts';
import { Tally } from './tally.ts';
import type { TraceView, OutputEvent } from './trace-view.ts';

/** Readable and writable by the owner, nobody else. */
const PRIVATE_MODE = 0o600;

/** So many characters of a secret are as good as all of it. */
const MATCH_LENGTH = 16;
/** What can be part of a secret, in any of its forms; looked for where it begins, not again behind that. */
const CANDIDATE = new RegExp(`(?<![\\w+/,-])[\\w+/,-]{${MATCH_LENGTH},}`, 'g');

/** How bytes are written for people and for programs. */
const ENCODINGS: readonly ((secret: Buffer) => string)[] = [
  (secret) => secret.toString('hex'),
  (secret) => secret.toString('hex').toUpperCase(),
  (secret) => secret.toString('base64'),
  (secret) => secret.toString('base64url'),
  (secret) => [...secret].join(','),
];

export const s6: Guarantee = {
  title: 'The token and the keys are for nobody to read',
  check(view, facts) {
    const tally = new Tally();
    judgeOutputs(view, facts, tally);
    judgeTokenFile(view, facts, tally);
    return tally.verdict;
  },
};

function judgeOutputs({ outputs }: TraceView, { secrets }: RunFacts, tally: Tally): void {
  const telling = new Set(secrets.flatMap((secret) => ENCODINGS.map((form) => prefixOf(form(secret)))));
  if (telling.size === 0) return;
  let lastClean = '';
  for (const said of outputs) {
    tally.countChecks();
    const text = textOf(said);
    // The journal says what was said live, for the most part.
    if (text === lastClean) continue;
    if (!containsSecret(text, telling)) {
      lastClean = text;
      continue;
    }
    tally.addViolation({
      atMs: said.atMs,
      what: `the token or a key stands in ${placeOf(said)}`,
      bound: 'nowhere',
      measured: `${MATCH_LENGTH} characters of it, or more`,
    });
  }
}

function judgeTokenFile({ endMs }: TraceView, { tokenFileMode }: RunFacts, tally: Tally): void {
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

/** Whether some secret begins anywhere in a text. */
function containsSecret(text: string, telling: ReadonlySet<string>): boolean {
  for (const [run] of text.matchAll(CANDIDATE)) {
    for (let at = 0; at + MATCH_LENGTH <= run.length; at++) {
      if (telling.has(run.slice(at, at + MATCH_LENGTH))) return true;
    }
  }
  return false;
}

function prefixOf(form: string): string {
  return form.slice(0, MATCH_LENGTH);
}

function textOf(said: OutputEvent): string {
  if (said.type === 'log') return said.message;
  return said.type === 'received' ? said.payload : (said.error ?? '');
}

function placeOf(said: OutputEvent): string {
  if (said.type === 'log') return 'a log line';
  return said.type === 'received' ? `what came on ${said.topic}` : 'the error that ended the client';
}

function octal(mode: number): string {
  return `0${mode.toString(8)}`;
}
