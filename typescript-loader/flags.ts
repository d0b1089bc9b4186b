/** Options of Node.js for a process that loads TypeScript. */
export const TYPESCRIPT_FLAGS: readonly string[] = [
  '--import',
  new URL('./register.js', import.meta.url).href,
];
