import type { Guarantee, Terms } from './guarantee.ts';
import { Tally } from './tally.ts';
import type { TraceView, Words } from './trace-view.ts';

/** Readable and writable by the owner, nobody else. */
const PRIVATE_MODE = 0o600;

/** So many characters of a secret are as good as all of it. */
const TELLING_LENGTH = 16;
/** What can be part of a secret, in any of its forms; looked for where it begins, not again behind that. */
const RUN = new RegExp(`(?<![\\w+/,-])[\\w+/,-]{${TELLING_LENGTH},}`, 'g');

/** How bytes are written for people and for programs. */
const FORMS: readonly ((secret: Buffer) => string)[] = [
  (secret) => secret.toString('hex'),
  (secret) => secret.toString('hex').toUpperCase(),
  (secret) => secret.toString('base64'),
  (secret) => secret.toString('base64url'),
  (secret) => [...secret].join(','),
];

export const s6: Guarantee = {
  title: 'The token and the keys are for nobody to read',
  check(view, terms) {
    const tally = new Tally();
    judgeWords(view, terms, tally);
    judgeTokenFile(view, terms, tally);
    return tally.verdict;
  },
};

function judgeWords({ words }: TraceView, { secrets }: Terms, tally: Tally): void {
  const telling = new Set(secrets.flatMap((secret) => FORMS.map((form) => beginning(form(secret)))));
  if (telling.size === 0) return;
  let harmless = '';
  for (const said of words) {
    tally.occasions();
    const text = textOf(said);
    // The journal says what was said live, for the most part.
    if (text === harmless) continue;
    if (!tells(text, telling)) {
      harmless = text;
      continue;
    }
    tally.violation({
      atMs: said.atMs,
      what: `the token or a key stands in ${placeOf(said)}`,
      bound: 'nowhere',
      measured: `${TELLING_LENGTH} characters of it, or more`,
    });
  }
}

function judgeTokenFile({ endMs }: TraceView, { tokenFileMode }: Terms, tally: Tally): void {
  if (tokenFileMode === undefined) return;
  tally.occasions();
  if (tokenFileMode === PRIVATE_MODE) return;
  tally.violation({
    atMs: endMs,
    what: 'others can read the token file',
    bound: octal(PRIVATE_MODE),
    measured: octal(tokenFileMode),
  });
}

/** Whether some secret begins anywhere in a text. */
function tells(text: string, telling: ReadonlySet<string>): boolean {
  for (const [run] of text.matchAll(RUN)) {
    for (let at = 0; at + TELLING_LENGTH <= run.length; at++) {
      if (telling.has(run.slice(at, at + TELLING_LENGTH))) return true;
    }
  }
  return false;
}

function beginning(form: string): string {
  return form.slice(0, TELLING_LENGTH);
}

function textOf(said: Words): string {
  if (said.type === 'log') return said.message;
  return said.type === 'received' ? said.payload : (said.error ?? '');
}

function placeOf(said: Words): string {
  if (said.type === 'log') return 'a log line';
  return said.type === 'received' ? `what came on ${said.topic}` : 'the error that ended the client';
}

function octal(mode: number): string {
  return `0${mode.toString(8)}`;
}
