import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = import.meta.dirname;
const BINARIES = join(ROOT, 'node_modules', '.bin');
const CONFIG = ['oxlint.config.js', 'layers.config.js', 'lint-plugin.js', 'package.json'];

/** Files that break one rule each. */
const VIOLATIONS: readonly (readonly [file: string, rule: string, code: string])[] = [
  // Layers.
  ['protocol/layer.ts', 'no-restricted-imports', `export * from '../client/x.ts';`],
  ['protocol/hci.ts', 'no-restricted-imports', `export * from '../hci/x.ts';`],
  ['protocol/package.ts', 'no-restricted-imports', `export * from 'zod';`],
  ['protocol/node.ts', 'no-restricted-imports', `export * from 'node:fs';`],
  ['hci/layer.ts', 'no-restricted-imports', `export * from '../protocol/x.ts';`],
  ['hci/package.ts', 'no-restricted-imports', `export * from 'mqtt';`],
  ['client/layer.ts', 'no-restricted-imports', `export * from '../simulator/x.ts';`],
  ['client/deep/layer.ts', 'no-restricted-imports', `export type { X } from '../../harness/a/x.ts';`],
  ['client/layer.test.ts', 'no-restricted-imports', `export * from '../harness/x.ts';`],
  ['client/package.ts', 'no-restricted-imports', `export * from 'aedes';`],
  ['client/test-package.ts', 'no-restricted-imports', `export * from 'vitest';`],
  ['client/similar-name.ts', 'no-restricted-imports', `export * from 'mqtt-packet';`],
  ['simulator/layer.ts', 'no-restricted-imports', `export * from '../client/x.ts';`],
  ['simulator/package.ts', 'no-restricted-imports', `export type { X } from '@abandonware/noble';`],
  ['harness/package.ts', 'no-restricted-imports', `export * from 'typescript';`],
  ['harness/oracle/layer.ts', 'no-restricted-imports', `export * from '../../protocol/x.ts';`],
  ['harness/oracle/harness.ts', 'no-restricted-imports', `export * from '../world/x.ts';`],
  ['harness/oracle/deep/layer.ts', 'no-restricted-imports', `export type { X } from '../../world/x.ts';`],
  ['harness/oracle/layer.test.ts', 'no-restricted-imports', `export * from '../world/x.ts';`],
  ['harness/oracle/package.ts', 'no-restricted-imports', `export * from 'mqtt';`],
  ['harness/oracle/dynamic.ts', 'no-dynamic-import', `export const x: unknown = await import('../x.ts');`],
  ['client/oracle.ts', 'no-restricted-imports', `export * from '../harness/oracle/x.ts';`],
  ['client/dynamic.ts', 'no-dynamic-import', `export const x: unknown = await import('./x.ts');`],
  ['harness/await-using.ts', 'no-using', `await using file = await open('x');\nexport const x = file;`],
  ['client/using.ts', 'no-using', `using file = open('x');\nexport const x = file;`],
  ['client/inline-type.ts', 'consistent-type-imports', `export type X = import('./x.ts').X;`],
  ['client/types-in-circle.ts', 'no-cycle', `import type { B } from './circle.ts';\nexport type A = B | 1;`],
  ['client/circle.ts', 'no-cycle', `import type { A } from './types-in-circle.ts';\nexport type B = A[];`],
  // Pure functions on bytes.
  ...['setTimeout', 'setInterval', 'setImmediate', 'performance', 'Date', 'process'].map(
    (name) => [`protocol/${name}.ts`, 'no-restricted-globals', `export const x: unknown = ${name};`] as const,
  ),
  // Who may end the process.
  ['client/exit.ts', 'no-restricted-properties', `export const end = (): void => process.exit(1);`],
  ['harness/a/kill.ts', 'no-restricted-properties', `export const end = (): boolean => process.kill(1);`],
  // What the type checker does not object to.
  ['client/console.ts', 'no-console', `console.log('');`],
  ['client/equal.ts', 'eqeqeq', `export const same = (a: number, b: number): boolean => a == b;`],
  ['client/floating.ts', 'no-floating-promises', `Promise.resolve();`],
  ['client/misused.ts', 'no-misused-promises', `[1].forEach(async (n) => { await Promise.resolve(n); });`],
  ['client/any.ts', 'no-explicit-any', `export const x: any = 1;`],
  ['client/assertion.ts', 'no-non-null-assertion', `export const f = (a: 1 | null): 1 => a!;`],
  ['client/assign.ts', 'no-unsafe-assignment', `export const x = JSON.parse('');`],
  ['client/call.ts', 'no-unsafe-call', `JSON.parse('')();`],
  ['client/member.ts', 'no-unsafe-member-access', `export const x = JSON.parse('').x as unknown;`],
  ['client/argument.ts', 'no-unsafe-argument', `Math.abs(JSON.parse(''));`],
  ['client/return.ts', 'no-unsafe-return', `export const f = (): number => JSON.parse('');`],
  ['client/condition.ts', 'no-unnecessary-condition', `export const f = (a: object): 1 | 2 => (a ? 1 : 2);`],
  ['client/template.ts', 'restrict-template-expressions', 'export const f = (a: object): string => `${a}`;'],
  ['client/plus.ts', 'restrict-plus-operands', `export const f = (a: string, b: number): string => a + b;`],
  ['client/void.ts', 'no-confusing-void-expression', `export const f = (g: () => void): unknown => [g()];`],
  [
    'client/await.ts',
    'return-await',
    `export async function f(): Promise<1> { try { return g(); } catch { return 1; } }\nconst g = (): Promise<1> => Promise.resolve(1);`,
  ],
  [
    'client/switch.ts',
    'switch-exhaustiveness-check',
    `export function f(a: 1 | 2): void { switch (a) { case 1: f(2); } }`,
  ],
];

/** Files that come close to breaking one, and do not. */
const ALLOWED: readonly (readonly [file: string, code: string])[] = [
  ['protocol/allowed.ts', `export * from 'node:crypto';\nexport * from './layer.ts';`],
  [
    'client/allowed.ts',
    `export * from 'node:fs/promises';\nexport * from 'mqtt/x';\nexport * from '../hci/x.ts';`,
  ],
  ['client/allowed.test.ts', `export * from 'vitest';\nexport const x: unknown = await import('./x.ts');`],
  ['client/main.ts', `process.exit(1);`],
  ['harness/allowed.ts', `export * from 'aedes';\nexport * from '../client/allowed.ts';`],
  ['harness/a/oracle.ts', `export * from '../oracle/allowed.ts';`],
  ['harness/oracle/allowed.ts', `export * from 'node:crypto';\nexport * from './package.ts';`],
  ['harness/oracle/allowed.test.ts', `export * from 'fast-check';\nexport * from './allowed.ts';`],
];

const folder = mkdtempSync(join(tmpdir(), 'martinete-lint-'));
const found = new Map<string, string[]>();

beforeAll(() => {
  for (const file of CONFIG) cpSync(join(ROOT, file), join(folder, file));
  const tsconfig = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: { typeRoots: [join(ROOT, 'node_modules/@types')] },
    include: ['*/**/*.ts'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
  for (const [file, ...rest] of [...VIOLATIONS, ...ALLOWED]) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    writeFileSync(join(folder, file), `${rest.at(-1)}\n`);
  }
  const { stdout } = spawnSync('oxlint', ['-c', 'oxlint.config.js', '--type-aware', '-f', 'unix', '.'], {
    cwd: folder,
    env: { ...process.env, PATH: `${BINARIES}${delimiter}${process.env['PATH'] ?? ''}` },
    encoding: 'utf8',
  });
  for (const [, file = '', rule = ''] of stdout.matchAll(/^(.+?):\d+:\d+: .*\[Error\/\w+\((.+)\)\]$/gm)) {
    found.set(file, [...(found.get(file) ?? []), rule]);
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

it.each(VIOLATIONS)('the linter refuses %s: %s', (file, rule) => {
  expect(found.get(file)).toContain(rule);
});

it.each(ALLOWED)('the linter accepts %s', (file) => {
  expect(found.get(file)).toBeUndefined();
});
