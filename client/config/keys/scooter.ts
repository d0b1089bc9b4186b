import type { HciChannel } from '../../../hci/socket.ts';
import type { Section } from '../key.ts';
import { MAX_PAUSE_S, MAX_WINDOW_S, MIN_PAUSE_S } from '../limits.ts';
import { duration, macAddress, oneOf, path, text } from '../values.ts';

/** Whether the client requires a token. If it has one, the scooter must log in. */
export type Authentication = 'required' | 'optional';

/** Keys of `[scooter]`. */
export const scooter = {
  about: 'The scooter, and the Bluetooth adapter that reaches it.',
  ifMissing: 'error',
  keys: {
    mac: {
      field: 'mac',
      kind: macAddress(),
      example: 'c8f09e000001',
      about: 'Bluetooth address of the scooter, with or without ":", as `martinete scan` shows it.',
    },
    token_file_path: {
      field: 'tokenFilePath',
      kind: path(),
      default: '.mi-token',
      about: 'File with the secret token from `martinete register`. Nobody else should be able to read it.',
    },
    authentication: {
      field: 'authentication',
      kind: oneOf<Authentication>('required', 'optional'),
      default: 'required',
      about:
        '"required": the scooter must log in with the token, and the client does not start without one. ' +
        '"optional": it must log in if there is a token file; without one, a scooter that offers no login is read in ' +
        'frames that anyone in range can read and forge.',
    },
    adapter: {
      field: 'adapter',
      kind: text('a Bluetooth adapter such as "hci0"'),
      default: 'hci0',
      about: 'Bluetooth adapter: hci0, hci1, …, or an H4 controller at tcp:host:port or unix:path.',
    },
    hci_channel: {
      field: 'hciChannel',
      kind: oneOf<HciChannel>('user', 'raw'),
      default: 'user',
      about:
        'HCI channel of hci0, hci1, …: "user" powers the adapter off and uses it exclusively. ' +
        '"raw" shares the adapter, which must be up, with other programs. It requires a Linux kernel before ' +
        '6.12, and the supervision timeout is then 0.42 s, whatever the value of supervision_timeout.',
    },
    search_window: {
      field: 'searchWindowMs',
      kind: duration(1, MAX_WINDOW_S),
      default: 600,
      about: 'How long to search for a scooter that has not been seen since the start, before giving up.',
    },
    reconnect_window: {
      field: 'reconnectWindowMs',
      kind: duration(1, MAX_WINDOW_S),
      default: 1800,
      about: 'How long to try to reconnect to a lost scooter, before giving up.',
    },
    supervision_timeout: {
      // Bluetooth Core, HCI_LE_Create_Connection: 0x000A to 0x0C80 in units of 10 ms.
      field: 'supervisionTimeoutMs',
      kind: duration(0.1, 32),
      default: 5,
      about: 'Bluetooth supervision timeout: the link is lost if nothing is received for this long.',
    },
    connect_timeout: {
      field: 'connectTimeoutMs',
      kind: duration(MIN_PAUSE_S, 300),
      default: 10,
      about: 'Timeout of one attempt to connect to the scooter.',
    },
    request_timeout: {
      field: 'requestTimeoutMs',
      kind: duration(MIN_PAUSE_S, 60),
      default: 1.5,
      about: 'Timeout of one request to the scooter, which is then repeated.',
    },
    retry_min: {
      field: 'retryMinMs',
      kind: duration(MIN_PAUSE_S, MAX_PAUSE_S),
      default: 1,
      about: 'Pause between attempts to connect to the scooter, doubled after each failed one.',
    },
    retry_max: {
      field: 'retryMaxMs',
      kind: duration(MIN_PAUSE_S, MAX_PAUSE_S),
      default: 30,
      about: 'The longest pause between attempts to connect to the scooter.',
    },
  },
} as const satisfies Section;
