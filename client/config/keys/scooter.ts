import type { HciChannel } from '../../../hci/socket.ts';
import type { Section } from '../key.ts';
import { MAX_PAUSE_S, MAX_WINDOW_S, MIN_PAUSE_S } from '../limits.ts';
import { duration, macAddress, oneOf, path, text } from '../values.ts';

/** Keys of `[scooter]`. */
export const scooter = {
  about: 'The scooter, and the radio that reaches it.',
  absence: 'mistake',
  keys: {
    mac: {
      field: 'mac',
      kind: macAddress(),
      example: 'c8f09e000001',
      about: 'Bluetooth address of the scooter, with or without ":"; `martinete scan` shows it.',
    },
    token_file_path: {
      field: 'tokenFilePath',
      kind: path(),
      default: '.mi-token',
      about: 'The secret that `martinete register` agreed upon with the scooter. Nobody else should read it.',
    },
    adapter: {
      field: 'adapter',
      kind: text('a Bluetooth adapter such as "hci0"'),
      default: 'hci0',
      about: 'Bluetooth adapter: hci0, hci1, …, or one that speaks H4 at tcp:host:port or unix:path.',
    },
    hci_channel: {
      field: 'hciChannel',
      kind: oneOf<HciChannel>('user', 'raw'),
      default: 'user',
      about:
        'How to speak to hci0, hci1, …: "user" takes the adapter, which has to be down, for the client alone. "raw" ' +
        'leaves it, up, to other programs as well; it needs a Linux before 6.12, and a silence of 0.42 s loses the ' +
        'scooter there, whatever supervision_timeout says.',
    },
    search_window: {
      field: 'searchWindowMs',
      kind: duration(1, MAX_WINDOW_S),
      default: 600,
      about: 'How long to search for a scooter that was not seen since the start before giving up.',
    },
    reconnect_window: {
      field: 'reconnectWindowMs',
      kind: duration(1, MAX_WINDOW_S),
      default: 1800,
      about: 'How long to try to get a lost scooter back before giving up.',
    },
    supervision_timeout: {
      // Bluetooth Core, HCI_LE_Create_Connection: 0x000A to 0x0C80 in units of 10 ms.
      field: 'supervisionTimeoutMs',
      kind: duration(0.1, 32),
      default: 5,
      about: 'A shorter silence of the radio costs nothing; after a longer one the link counts as lost.',
    },
    connect_timeout: {
      field: 'connectTimeoutMs',
      kind: duration(MIN_PAUSE_S, 300),
      default: 10,
      about: 'How long one attempt to connect to the scooter may take.',
    },
    request_timeout: {
      field: 'requestTimeoutMs',
      kind: duration(MIN_PAUSE_S, 60),
      default: 1.5,
      about: 'How long the scooter may take to answer a request before it is asked again.',
    },
    retry_min: {
      field: 'retryMinMs',
      kind: duration(MIN_PAUSE_S, MAX_PAUSE_S),
      default: 1,
      about: 'Pause between two attempts to connect to the scooter, doubled on each failed one.',
    },
    retry_max: {
      field: 'retryMaxMs',
      kind: duration(MIN_PAUSE_S, MAX_PAUSE_S),
      default: 30,
      about: 'The longest pause: the doubling stops there.',
    },
  },
} as const satisfies Section;
