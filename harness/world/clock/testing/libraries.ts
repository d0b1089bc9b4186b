import { virtualClock } from '../clock.ts';

// Test files share a process, and mqtt.js keeps the setImmediate that it finds at load. Loaded here, it always keeps the
// virtual one, which calls the real one while there is no virtual world.
const clock = virtualClock();
await import('mqtt');
clock.close();
