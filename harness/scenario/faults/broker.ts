import { integer } from '../../../client/config/values.ts';
import { duration } from '../format/values.ts';
import { addBehaviour } from './add-behaviour.ts';
import { defineFault } from './fault.ts';

/** Not authorised: MQTT 3.1.1, section 3.2.2.3. */
const NOT_AUTHORISED = 5;

/** What becomes of the broker and the way to it. */
export const brokerFaults = {
  'broker.stop': defineFault({
    about: 'The broker is stopped: its port is closed.',
    lasts: true,
    begin: ({ broker }) => {
      broker.stop();
      return () => broker.restart();
    },
  }),
  'broker.refuse': defineFault({
    about: 'The broker throws the client out, and does not let it in.',
    lasts: true,
    parameters: {
      code: { kind: integer('', 2, 5), default: NOT_AUTHORISED, about: 'Return code of MQTT 3.1.1.' },
    },
    begin: ({ broker }, { code }) => {
      const end = addBehaviour(broker.behaviours, { connectReturnCode: () => code });
      broker.disconnectAll();
      return end;
    },
  }),
  'broker.blackhole': defineFault({
    about: 'Nothing gets through to the broker, and nobody is told.',
    lasts: true,
    begin: ({ broker }) => {
      const end = addBehaviour(broker.behaviours, { onConnect: () => 'silence' });
      broker.sever();
      return end;
    },
  }),
  'broker.slow': defineFault({
    about: 'The broker takes its time before it acknowledges a message.',
    lasts: true,
    parameters: {
      by: { kind: duration(0.001, 600), default: 2, typical: [0.05, 15], about: 'How long.' },
    },
    begin: ({ broker }, { by }) => addBehaviour(broker.behaviours, { delayMs: by }),
  }),
  'broker.kick': defineFault({
    about: 'The broker hangs up.',
    lasts: false,
    begin: ({ broker }) => {
      broker.disconnectAll();
      return undefined;
    },
  }),
};
