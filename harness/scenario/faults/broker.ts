import { integer } from '../../../client/config/values.ts';
import { duration } from '../format/values.ts';
import { addBehaviour } from './add-behaviour.ts';
import { defineFault } from './fault.ts';

/** Not authorised: MQTT 3.1.1, section 3.2.2.3. */
const NOT_AUTHORISED = 5;

/** Faults of the broker and of the network to it. */
export const brokerFaults = {
  'broker.stop': defineFault({
    about: 'The broker is stopped: connections are refused.',
    lasts: true,
    begin: ({ broker }) => {
      broker.stop();
      return () => broker.restart();
    },
  }),
  'broker.refuse': defineFault({
    about: 'The broker disconnects the client and rejects its connections.',
    lasts: true,
    parameters: {
      code: { kind: integer('', 2, 5), default: NOT_AUTHORISED, about: 'CONNACK return code (MQTT 3.1.1).' },
    },
    begin: ({ broker }, { code }) => {
      const end = addBehaviour(broker.behaviours, { connectReturnCode: () => code });
      broker.disconnectAll();
      return end;
    },
  }),
  'broker.blackhole': defineFault({
    about: 'Packets to and from the broker are lost without an error.',
    lasts: true,
    begin: ({ broker }) => {
      const end = addBehaviour(broker.behaviours, { onConnect: () => 'silence' });
      broker.sever();
      return end;
    },
  }),
  'broker.slow': defineFault({
    about: 'The broker delays its acknowledgements.',
    lasts: true,
    parameters: {
      by: { kind: duration(0.001, 600), default: 2, typical: [0.05, 15], about: 'Delay.' },
    },
    begin: ({ broker }, { by }) => addBehaviour(broker.behaviours, { delayMs: by }),
  }),
  'broker.kick': defineFault({
    about: 'The broker closes the connection.',
    lasts: false,
    begin: ({ broker }) => {
      broker.disconnectAll();
      return undefined;
    },
  }),
};
