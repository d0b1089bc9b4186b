import { mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { ClassicLevel } from 'classic-level';
import type { StoreRoom } from './open.ts';

/** Stores in folders of the file system. */
export const diskRoom: StoreRoom = {
  create: (path) => {
    mkdirSync(dirname(path), { recursive: true });
    return new ClassicLevel(path);
  },
  repair: (path) => ClassicLevel.repair(path),
  setAside: (path) => {
    const aside = `${path}.aside-${new Date().toISOString().replace(/[:.]/g, '-')}`;
    renameSync(path, aside);
    return aside;
  },
};
