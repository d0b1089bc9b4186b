/** SGR foreground codes (ECMA-48). */
const FOREGROUND = { red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36, grey: 90 } as const;

const DEFAULT_FOREGROUND = 39;

export type Colour = keyof typeof FOREGROUND;

/** Colours a text if colours are enabled. */
export type Paint = (colour: Colour, text: string) => string;

/** Leaves text as it is, for files, pipes and `NO_COLOR`. */
export const plain: Paint = (_, text) => text;

/** Adds escape sequences for a colour terminal. */
export const coloured: Paint = (colour, text) =>
  `\u001b[${FOREGROUND[colour]}m${text}\u001b[${DEFAULT_FOREGROUND}m`;
