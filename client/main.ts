#!/usr/bin/env node
import { useUserChannel } from '../hci/user-channel.ts';
import { systemPlatform } from './platform.ts';
import { runProcess } from './process.ts';

// LevelDB creates files at any time, in its own threads; other users must not read them.
process.umask(0o077);
useUserChannel();
process.exit(await runProcess(systemPlatform, (code) => process.exit(code)));
