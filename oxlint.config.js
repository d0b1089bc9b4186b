import { LAYERS, forbiddenImports } from './layers.config.js';

/** What oxlint's category `correctness` lacks of ESLint's recommended rules, and two of our own choice. */
const ESLINT_RULES = [
  'eqeqeq',
  'no-array-constructor',
  'no-case-declarations',
  'no-console',
  'no-empty',
  'no-empty-function',
  'no-fallthrough',
  'no-prototype-builtins',
  'no-regex-spaces',
  'no-unexpected-multiline',
  'no-useless-assignment',
  'no-useless-constructor',
  'no-var',
  'prefer-const',
  'prefer-rest-params',
  'prefer-spread',
  'preserve-caught-error',
];

/** What `correctness` lacks of typescript-eslint's presets `strict-type-checked` and `stylistic-type-checked`. */
const TYPESCRIPT_RULES = [
  'adjacent-overload-signatures',
  'array-type',
  'ban-ts-comment',
  'ban-tslint-comment',
  'class-literal-property-style',
  'consistent-generic-constructors',
  'consistent-indexed-object-style',
  'consistent-type-assertions',
  'consistent-type-definitions',
  'dot-notation',
  'no-confusing-non-null-assertion',
  'no-deprecated',
  'no-dynamic-delete',
  'no-empty-object-type',
  'no-explicit-any',
  'no-extraneous-class',
  'no-generated-empty-object-type',
  'no-inferrable-types',
  'no-misused-promises',
  'no-mixed-enums',
  'no-namespace',
  'no-non-null-asserted-nullish-coalescing',
  'no-non-null-assertion',
  'no-require-imports',
  'no-unnecessary-boolean-literal-compare',
  'no-unnecessary-condition',
  'no-unnecessary-template-expression',
  'no-unnecessary-type-arguments',
  'no-unnecessary-type-assertion',
  'no-unnecessary-type-constraint',
  'no-unnecessary-type-conversion',
  'no-unnecessary-type-parameters',
  'no-unsafe-argument',
  'no-unsafe-assignment',
  'no-unsafe-call',
  'no-unsafe-enum-assignment',
  'no-unsafe-enum-comparison',
  'no-unsafe-function-type',
  'no-unsafe-member-access',
  'no-unsafe-return',
  'non-nullable-type-assertion-style',
  'only-throw-error',
  'prefer-find',
  'prefer-for-of',
  'prefer-function-type',
  'prefer-includes',
  'prefer-literal-enum-member',
  'prefer-nullish-coalescing',
  'prefer-optional-chain',
  'prefer-promise-reject-errors',
  'prefer-reduce-type-parameter',
  'prefer-regexp-exec',
  'prefer-return-this-type',
  'prefer-string-starts-ends-with',
  'related-getter-setter-pairs',
  'require-await',
  'switch-exhaustiveness-check',
  'unified-signatures',
  'use-unknown-in-catch-callback-variable',
];

const PRODUCTION = ['{protocol,hci,client,simulator}/**/*.ts'];

const errors = (plugin, names) => Object.fromEntries(names.map((name) => [`${plugin}/${name}`, 'error']));

const layerRules = Object.keys(LAYERS).flatMap((layer) =>
  [false, true].map((tests) => ({
    files: tests ? [`${layer}/**/*.test.ts`, `${layer}/**/testing/*.ts`] : [`${layer}/**/*.ts`],
    rules: { 'no-restricted-imports': ['error', { patterns: forbiddenImports(layer, { tests }) }] },
  })),
);

export default {
  plugins: ['eslint', 'typescript', 'oxc', 'import'],
  jsPlugins: ['./lint-plugin.js'],
  categories: { correctness: 'error' },
  ignorePatterns: ['dist', 'build', 'coverage'],
  rules: {
    ...errors('eslint', ESLINT_RULES),
    'typescript/consistent-type-imports': 'error',
    // A circle of types alone is one as well.
    'import/no-cycle': ['error', { ignoreTypes: false }],
  },
  overrides: [
    { files: ['**/*.js', '**/*.cjs'], env: { node: true }, rules: { 'no-undef': 'error' } },
    {
      files: ['**/*.ts'],
      rules: {
        ...errors('typescript', TYPESCRIPT_RULES),
        'typescript/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
        'typescript/restrict-plus-operands': [
          'error',
          {
            allowAny: false,
            allowBoolean: false,
            allowNullish: false,
            allowNumberAndString: false,
            allowRegExp: false,
          },
        ],
        'typescript/restrict-template-expressions': ['error', { allowNumber: true }],
        'typescript/return-await': ['error', 'error-handling-correctness-only'],
      },
    },
    {
      // Only the entry files end the process: anywhere else it would take a world's process with it.
      files: ['**/*.ts'],
      excludeFiles: ['client/main.ts', 'harness/commands/*.ts', 'harness/**/*-child.ts'],
      rules: {
        'no-restricted-properties': [
          'error',
          { object: 'process', property: 'exit' },
          { object: 'process', property: 'kill' },
        ],
      },
    },
    ...layerRules,
    { files: ['**/*.ts'], rules: { 'martinete/no-using': 'error' } },
    {
      files: [...PRODUCTION, 'harness/oracle/**/*.ts'],
      excludeFiles: ['**/*.test.ts'],
      rules: { 'martinete/no-dynamic-import': 'error' },
    },
    {
      // Pure functions on bytes.
      files: ['protocol/**/*.ts'],
      rules: {
        'no-restricted-globals': [
          'error',
          'setTimeout',
          'setInterval',
          'setImmediate',
          'performance',
          'Date',
          'process',
        ],
      },
    },
  ],
};
