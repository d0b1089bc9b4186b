import { virtualClock } from '../clock.ts';

// Files of tests share a process, and mqtt.js keeps the setImmediate that it finds at load: whichever file comes first,
// that is the world's, which is the process's own while there is no world.
const clock = virtualClock();
await import('mqtt');
clock.close();
