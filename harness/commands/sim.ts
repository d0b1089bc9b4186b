import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { useUserChannel } from '../../hci/user-channel.ts';
import { systemRandom } from '../../client/random.ts';
import { AdapterError, parseAdapter } from '../../hci/adapter.ts';
import { MODELS, type ModelId } from '../../simulator/ride/models.ts';
import { Ride } from '../../simulator/ride/ride.ts';
import { VirtualScooter } from '../../simulator/scooter.ts';
import { Story } from '../demo/story.ts';
import { ScooterMemory } from '../world/scooter-memory.ts';

useUserChannel();

const ADAPTER_UNUSABLE = 71;
const MEMORY = join('.martinete', 'simulated-scooter');

interface SimOptions {
  readonly adapter: string;
  readonly model: ModelId;
  readonly address: string;
  readonly memory: string;
}

const options = new Command('sim')
  .description('a virtual scooter on a Bluetooth adapter of this machine; Enter presses its power button')
  .option('--adapter <name>', 'Bluetooth adapter, brought down before', 'hci1')
  .addOption(new Option('--model <id>', 'scooter').choices(Object.keys(MODELS)).default('pro2'))
  .option('--address <mac>', 'what its name and serial numbers are drawn from', 'c8:f0:9e:00:00:02')
  .option('--memory <file>', 'where it remembers who it is paired with', MEMORY)
  .parse()
  .opts<SimOptions>();

process.env['BLENO_DEVICE_NAME'] ??= 'MIScooter';
const story = new Story(process.stdout);
const memory = new ScooterMemory(options.memory);
const { token } = memory;

try {
  const scooter = new VirtualScooter({
    adapter: parseAdapter(options.adapter),
    address: options.address,
    ride: new Ride({ model: MODELS[options.model] }),
    random: systemRandom.bytes,
    ...(token && { token }),
    onEvent: (event) => {
      memory.hear(event);
      story.scooter(event);
    },
  });
  await scooter.start();
  story.tell('scooter', `${scooter.name} advertises on ${options.adapter}; Enter presses its power button`);
  const keyboard = createInterface({ input: process.stdin });
  keyboard.on('line', () => scooter.pressButton());
  const stop = (): void => {
    keyboard.close();
    scooter.close();
    process.exit();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
} catch (error) {
  if (!(error instanceof AdapterError)) throw error;
  process.stderr.write(`sim: ${error.message}\n`);
  process.exit(ADAPTER_UNUSABLE);
}
