import { virtualClock } from '../clock.ts';

// Files of tests share a process, and mqtt.js keeps the timers that it finds at load: whichever file comes first, these
// are the world's, which are the process's own while there is no world.
const clock = virtualClock();
await import('mqtt');
clock.close();
