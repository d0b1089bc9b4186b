import type { Key } from './key.ts';

/** What is known about a key, to tell which correction of its line is meant. */
export type KnownKeyInfo = Pick<Key, 'kind'> & Partial<Pick<Key, 'secret' | 'example' | 'default'>>;

/** Looks up a key by the name of its section, which is empty above the first one. */
export function lookUp(
  sections: Readonly<Record<string, Readonly<Record<string, Key>>>>,
  section: string,
  key: string,
): Key | undefined {
  const keys = Object.hasOwn(sections, section) ? sections[section] : undefined;
  return keys && Object.hasOwn(keys, key) ? keys[key] : undefined;
}

/** The names that a file may contain. */
export interface Vocabulary {
  /** Headers of the sections by name, such as `[mqtt]`. */
  readonly headers: Readonly<Record<string, string>>;
  /** A key of a section; `undefined` if it is unknown. */
  readonly key: (section: string | undefined, key: string) => KnownKeyInfo | undefined;
}

/** A line that is not TOML, in parts. */
export interface Line {
  readonly text: string;
  /** The section that contains it; `undefined` above the first one. */
  readonly section: string | undefined;
}

/** A possible correction. */
export interface Correction {
  /** Completes "expected …"; empty if nothing is known but that the line is wrong. */
  readonly expected: string;
  readonly text: string;
  /** Path of the key or section. */
  readonly name: readonly string[];
  /** Column of the error, from 0. */
  readonly column: number;
  readonly key?: KnownKeyInfo | undefined;
}

const QUOTES = '"\'“”„‟‘’‚‛«»‹›´`′″';
const CURLY = /[“”„‟‘’‚‛«»‹›´`′″]/;
const ODD_SPACES = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff]/g;
const OUTER_QUOTES = new RegExp(`^[${QUOTES}\\s]+|[${QUOTES}\\s]+$`, 'g');
const FIRST_NUMBER = /^[+-]?\d[\d_]*(?:[.,]\d+)?/;

const WITH_SEPARATOR = /^\s*(["“”]?\w(?:[\w .-]*[\w-])?["“”]?)\s*(=>|={1,2}|:=|:)\s*(.*?)\s*$/;
const WITHOUT_SEPARATOR = /^\s*([\w-]+)(\s+)(?![=:])(.*?)\s*$/;

/** Changes of a value that make it TOML; each returns `undefined` if it does not apply. */
const VALUE_CHANGES: readonly {
  readonly expected: string;
  readonly change: (value: string) => string | undefined;
}[] = [
  { expected: '', change: (value) => value || undefined },
  {
    expected: 'true or false in small letters',
    change: (value) => (/^(?:true|false)$/i.test(value) ? value.toLowerCase() : undefined),
  },
  {
    expected: 'a decimal point',
    change: (value) => (/^\d+,\d+$/.test(value) ? value.replace(',', '.') : undefined),
  },
  {
    expected: 'nothing after the value',
    change: (value) => /^("[^"]*"|'[^']*'|[\w.+-]+)\s*(?:[;,]|\/\/|--|\/\*).*$/.exec(value)?.[1],
  },
  {
    expected: 'straight quotes',
    change: (value) => (CURLY.test(value) ? requoted(value) : undefined),
  },
  {
    expected: 'straight quotes',
    change: (value) => (CURLY.test(value) ? value.replace(new RegExp(CURLY, 'g'), '"') : undefined),
  },
  {
    expected: 'single quotes around a value with a backslash',
    change: (value) => (value.includes('\\') ? requoted(value) : undefined),
  },
  {
    expected: 'a quote at both ends of the value',
    change: (value) => (/["']/.test(value) ? requoted(value) : undefined),
  },
  {
    expected: 'quotes around each text',
    change: (value) =>
      value.startsWith('[')
        ? value.replace(/"[^"]*"|[A-Za-z][\w.-]*/g, (word) => quoted(unquoted(word)))
        : undefined,
  },
  { expected: 'quotes around the value', change: (value) => (value === '' ? undefined : requoted(value)) },
  {
    expected: 'only a number',
    change: (value) =>
      FIRST_NUMBER.exec(unquoted(value))?.[0]
        .replace(',', '.')
        .replace(/^([+-]?)0+(?=\d)/, '$1'),
  },
];

/** Proposes corrections of a line, the most likely first; each may still be wrong. */
export function corrections(line: Line, vocabulary: Vocabulary): Correction[] {
  return [
    ...keyCorrections(line, vocabulary),
    ...headerCorrections(line, vocabulary),
    ...commentCorrections(line),
  ];
}

function keyCorrections({ text, section }: Line, { key: keyOf }: Vocabulary): Correction[] {
  const plain = text.replace(ODD_SPACES, ' ');
  const [, first = ''] = WITHOUT_SEPARATOR.exec(plain) ?? [];
  // Without a separator it may be any sentence.
  const pattern = keyOf(section, first) ? WITHOUT_SEPARATOR : WITH_SEPARATOR;
  const [, written, separator, rest] = pattern.exec(plain) ?? [];
  if (written === undefined || rest === undefined) return [];
  const name = unquoted(written).replace(/\s+/g, '_');
  const known = keyOf(section, name);
  const about = {
    name: [...(section?.split('.') ?? []), ...name.split('.')],
    column: plain.trimEnd().length - rest.length,
    key: known,
  };
  const before = [
    plain !== text && 'plain spaces',
    name !== written && !/^"[\w-]+"$/.test(written) && 'a key without spaces and quotes',
    separator !== '=' && '= between key and value',
  ].filter((change) => change !== false);
  const value = withoutComment(rest);
  const values = VALUE_CHANGES.flatMap(({ expected, change }) => {
    const changed = change(value);
    return changed === undefined
      ? []
      : [{ changes: expected === '' ? before : [...before, expected], value: changed }];
  });
  if (value === '' && known) values.push({ changes: [...before, 'a value'], value: exampleOf(known) });
  return values
    .filter(({ changes }) => changes.length > 0)
    .map((each) => ({ ...about, expected: each.changes.join(' and '), text: `${name} = ${each.value}` }));
}

function headerCorrections({ text }: Line, { headers }: Vocabulary): Correction[] {
  const [, name] =
    /^\s*[[({<]+\s*["“”]?([\w.-]+)["“”]?\s*[\])}>]*/.exec(text) ??
    /^\s*([\w.-]+)\s*[\])}>:]+\s*$/.exec(text) ??
    [];
  if (name === undefined) return [];
  const header = Object.hasOwn(headers, name)
    ? (headers[name] ?? '')
    : /^\s*\[\[/.test(text)
      ? `[[${name}]]`
      : `[${name}]`;
  return [
    {
      expected: 'only the name of the section in square brackets',
      text: header,
      name: name.split('.'),
      column: text.search(/\S/),
    },
  ];
}

function commentCorrections({ text }: Line): Correction[] {
  const isComment = /^\s*(?:\/\/|\/\*|--|;|!|\*)/.test(text);
  return isComment
    ? [{ expected: '# in front of a comment', text: `# ${text.trim()}`, name: [], column: text.search(/\S/) }]
    : [];
}

/** A value that its key accepts, as written in TOML. */
export function exampleOf({ kind, example, default: byDefault }: KnownKeyInfo): string {
  const value = example ?? byDefault ?? kind.choices?.[0] ?? kind.range?.[0];
  return value === undefined ? '"…"' : JSON.stringify(value);
}

function withoutComment(value: string): string {
  return (
    /^("[^"]*"|'[^']*')\s+#/.exec(value)?.[1] ?? (/^["']/.test(value) ? value : value.replace(/\s+#.*$/, ''))
  );
}

function unquoted(value: string): string {
  return value.replace(OUTER_QUOTES, '');
}

function requoted(value: string): string {
  return quoted(unquoted(value));
}

function quoted(value: string): string {
  return /["\\]/.test(value) && !value.includes("'") ? `'${value}'` : JSON.stringify(value);
}
