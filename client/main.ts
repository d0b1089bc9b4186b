#!/usr/bin/env node
import { useUserChannel } from '../hci/user-channel.ts';
import { systemEdges } from './edges.ts';
import { runProcess } from './process.ts';

useUserChannel();
process.exit(await runProcess(systemEdges, (code) => process.exit(code)));
