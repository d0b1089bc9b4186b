/** Which layers and packages each layer may import, besides its own files; and which `node:` modules, if not all. */
const CLIENT_PACKAGES = [
  '@abandonware/noble',
  'abstract-level',
  'classic-level',
  'commander',
  'fastest-levenshtein',
  'mqtt',
  'pino',
  'pino-pretty',
  'serialport',
  'smol-toml',
  'toml-eslint-parser',
  'zod',
];

export const LAYERS = {
  protocol: { layers: [], packages: [], node: ['node:crypto'] },
  hci: { layers: [], packages: [] },
  client: { layers: ['protocol', 'hci'], packages: CLIENT_PACKAGES },
  simulator: { layers: ['protocol', 'hci'], packages: ['@abandonware/bleno', 'saxes'] },
  harness: {
    layers: ['protocol', 'hci', 'client', 'simulator', 'harness/oracle'],
    packages: [
      ...CLIENT_PACKAGES,
      '@abandonware/bleno',
      '@serialport/binding-mock',
      '@serialport/stream',
      '@swc/wasm-typescript',
      'aedes',
      'fast-check',
      'memory-level',
      'mqtt-packet',
      'pure-rand',
      'tinybench',
    ],
  },
  'harness/oracle': { layers: [], packages: [] },
};

const TEST_PACKAGES = ['vitest', 'fast-check', 'memory-level'];

/** Patterns for the rule `no-restricted-imports`: whatever `layer` must not import, each with the message to show. */
export function forbiddenImports(layer, { tests }) {
  const { layers, packages, node } = LAYERS[layer];
  const foreign = Object.keys(LAYERS).filter((name) => name !== layer && !layers.includes(name));
  // A layer inside another one reaches its siblings without the name of a layer: it may not leave its folder at all.
  const outside = layer.includes('/') ? ['^\\.\\./'] : foreign.map((name) => `^(\\.\\./)+${name}(/|$)`);
  const allowed = [...(tests || !node ? ['node:*'] : node), ...packages, ...(tests ? TEST_PACKAGES : [])];
  // The first pattern that an import matches decides, and a group's exceptions count as a match: folders go first.
  return [
    ...outside.map((regex) => ({
      regex,
      message: `${layer}/ may import these layers only: ${layers.join(', ') || 'none'} (layers.config.js).`,
    })),
    {
      group: ['*', '!./**', '!../**', ...allowed.flatMap((name) => [`!${name}`, `!${name}/**`])],
      message: `${layer}/ may import these packages only: ${allowed.join(', ')} (layers.config.js).`,
    },
  ];
}
