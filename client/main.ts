#!/usr/bin/env node
import { useUserChannel } from '../hci/user-channel.ts';
import { systemPlatform } from './platform.ts';
import { runProcess } from './process.ts';

useUserChannel();
process.exit(await runProcess(systemPlatform, (code) => process.exit(code)));
