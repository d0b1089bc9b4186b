import mqtt from 'mqtt';
import { useUserChannel } from '../../../hci/user-channel.ts';
import { main } from '../../../client/cli.ts';
import { loadConfig } from '../../../client/config/load.ts';
import { diskStores } from '../../../client/outbox/store/disk-stores.ts';
import { systemRandom } from '../../../client/random.ts';
import { readToken } from '../../../client/token-file.ts';
import { World } from '../../world/world.ts';
import { reportingStores } from './reporting-stores.ts';

// Runs the complete client with a virtual radio, a real disk and a real network, until kill -9.
useUserChannel();

const [configPath = ''] = process.argv.slice(2);
const config = loadConfig(configPath);
const world = await World.start({ seed: 1, config, token: readToken(config.scooter.tokenFilePath) });
process.on('disconnect', () => process.exit());
const code = await main(
  ['run', '--config', configPath],
  {
    ...world.platform,
    random: systemRandom,
    openMqtt: (url, options) => mqtt.connect(url, options),
    stores: reportingStores(diskStores, (sample) => process.send?.(sample)),
    log: process.stderr,
  },
  new AbortController().signal,
);
process.exit(code);
