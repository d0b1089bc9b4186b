import { createServer, type AddressInfo } from 'node:net';
import { Aedes } from 'aedes';

// A broker in a process of its own: sends its port to the parent, and exits with the parent.
const aedes = await Aedes.createBroker({ id: 'bench-broker' });
const server = createServer((socket) => void aedes.handle(socket));
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
