/** SGR foregrounds (ECMA-48), as terminals have them. */
const FOREGROUND = { red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36, grey: 90 } as const;

const DEFAULT_FOREGROUND = 39;

export type Colour = keyof typeof FOREGROUND;

/** Puts text into a colour, where there are colours. */
export type Paint = (colour: Colour, text: string) => string;

/** For files, pipes, and whoever asked for no colours. */
export const plain: Paint = (_, text) => text;

export const coloured: Paint = (colour, text) =>
  `\u001b[${FOREGROUND[colour]}m${text}\u001b[${DEFAULT_FOREGROUND}m`;
