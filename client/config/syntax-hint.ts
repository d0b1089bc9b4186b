/** Frequent syntax errors: the parser's message, what the line looks like, and what to write instead. */
const HINTS: readonly {
  readonly message: RegExp;
  /** Captures the key. */
  readonly line: RegExp;
  readonly hint: (key: string) => string;
}[] = [
  {
    message: /^invalid value/,
    line: /^\s*([\w-]+)\s*=\s*[“”„‘’]/,
    hint: (key) => `expected straight quotes, as in ${key} = "…"`,
  },
  {
    message: /^invalid value|^illegal character in num|end-of-line$/,
    line: /^\s*([\w-]+)\s*=\s*(?!["'[{#])(?:[a-z]|\S+\s*(?:#|$))/i,
    hint: (key) => `expected quotes around the value, as in ${key} = "…"`,
  },
  {
    message: /^control characters are not allowed in strings/,
    line: /^\s*([\w-]+)\s*=\s*"/,
    hint: (key) => `expected a closing quote, as in ${key} = "…"`,
  },
  {
    message: /redefine/,
    line: /^\s*\[?\s*([\w-]+)/,
    hint: (key) => `${key} is given twice: remove one of them`,
  },
];

/** Explains a syntax error to people who do not know TOML. Never repeats a value: it may be a secret. */
export function syntaxHint(message: string, line: string): string | undefined {
  const fitting = HINTS.find((hint) => hint.message.test(message) && hint.line.test(line));
  return fitting?.hint(fitting.line.exec(line)?.[1] ?? '');
}
