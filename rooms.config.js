/**
 * Which room may import which other rooms and packages; a room's own files always, and `node:` modules, unless it says
 * which.
 */
const CLIENT_PACKAGES = [
  '@abandonware/noble',
  'abstract-level',
  'classic-level',
  'commander',
  'fastest-levenshtein',
  'gps',
  'mqtt',
  'pino',
  'pino-pretty',
  'serialport',
  'smol-toml',
  'toml-eslint-parser',
  'zod',
];

export const ROOMS = {
  protocol: { rooms: [], packages: [], node: ['node:crypto'] },
  hci: { rooms: [], packages: [] },
  client: { rooms: ['protocol', 'hci'], packages: CLIENT_PACKAGES },
  simulator: { rooms: ['protocol', 'hci'], packages: ['@abandonware/bleno'] },
  harness: {
    rooms: ['protocol', 'hci', 'client', 'simulator'],
    packages: [
      ...CLIENT_PACKAGES,
      '@abandonware/bleno',
      '@serialport/binding-mock',
      '@serialport/stream',
      'aedes',
      'memory-level',
      'pure-rand',
      'tinybench',
    ],
  },
};

const TEST_PACKAGES = ['vitest', 'fast-check', 'memory-level'];

const alternatives = (names) => names.map((name) => name.replace(/[/.]/g, '\\$&')).join('|');

/** Regular expressions of the import specifiers that are forbidden in `room`, each with the reason to show. */
export function forbiddenImports(room, { tests }) {
  const { rooms, packages, node } = ROOMS[room];
  const foreign = Object.keys(ROOMS).filter((name) => name !== room && !rooms.includes(name));
  const allowed = tests ? [...packages, ...TEST_PACKAGES] : packages;
  const patterns = [
    {
      regex: `^(?!\\.|${tests || !node ? 'node:' : `(${alternatives(node)})$`}${allowed.map((name) => `|${alternatives([name])}($|/)`).join('')})`,
      message: `${room}/ may import these packages only: ${allowed.join(', ') || 'none'} (rooms.config.js).`,
    },
  ];
  if (foreign.length > 0) {
    patterns.push({
      regex: `^(\\.\\./)+(${alternatives(foreign)})(/|$)`,
      message: `${room}/ may import these rooms only: ${rooms.join(', ') || 'none'} (rooms.config.js).`,
    });
  }
  return patterns;
}
