import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { LAYERS, forbiddenImports } from './layers.config.js';

const TYPED = ['{protocol,hci,client,simulator,harness}/**/*.ts', 'vitest.config.ts'];

const layerRules = Object.keys(LAYERS).flatMap((layer) =>
  [false, true].map((tests) => ({
    files: [tests ? `${layer}/**/*.test.ts` : `${layer}/**/*.ts`],
    rules: { 'no-restricted-imports': ['error', { patterns: forbiddenImports(layer, { tests }) }] },
  })),
);

export default defineConfig(
  { ignores: ['dist', 'build', 'coverage'] },
  js.configs.recommended,
  {
    files: TYPED,
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    // Only the entry files end the process: anywhere else it would take a world's process with it.
    files: TYPED,
    ignores: ['client/main.ts', 'harness/commands/*.ts', 'harness/**/*-child.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'exit' },
        { object: 'process', property: 'kill' },
      ],
    },
  },
  ...layerRules,
  {
    // An import that is not written at the top escapes the rules between the layers.
    files: ['{protocol,hci,client,simulator}/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'ImportExpression', message: 'Import at the top of the file.' },
      ],
    },
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
);
