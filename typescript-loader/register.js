import { register } from 'node:module';

// For `node --import`: lets a process load TypeScript.
register('./hooks.js', import.meta.url);
