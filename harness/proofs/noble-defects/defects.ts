/** Evidence that the client handles a defect: a scenario in `scenarios/`, or tests by (parts of) their titles. */
export type Proof =
  | { readonly scenario: string }
  | { readonly file: string; readonly tests: readonly [string, ...string[]] };

/** A defect of noble, and how the client handles it. */
export interface Defect {
  /** The event that triggers the defect. */
  readonly trigger: string;
  /** What noble does. */
  readonly noble: string;
  /** What the client does about it. */
  readonly client: string;
  /** Maximum recovery time, in terms of the configuration. */
  readonly within: string;
  readonly proofs: readonly [Proof, ...Proof[]];
}

const HERE = 'harness/proofs/noble-defects';
const ADAPTER_LOSS = 'harness/proofs/rides/adapter-loss.test.ts';

/** Defects of noble in production, each reproduced in the unmodified library over the virtual radio. */
export const DEFECTS: readonly Defect[] = [
  {
    trigger: 'The scooter goes out of range while the client connects',
    noble: 'never calls back, and blocks every later attempt',
    client:
      'cancels the attempt, waits for the result, and disconnects a connection that is established too late',
    within: '`connect_timeout` + 2 s for each attempt, then a new link',
    proofs: [
      {
        file: `${HERE}/peer-gone-while-connecting.test.ts`,
        tests: [
          'makes each attempt time out, and does not block the next one',
          'is disconnected at once, and does not block the next one',
        ],
      },
      { scenario: 'out-of-reach' },
    ],
  },
  {
    trigger: 'The response to any ATT request is lost',
    noble: 'sends nothing more on this connection, but reports it as connected',
    client: 'times out each request, then disconnects, as only that clears the queue',
    within: 'a step, and a new link',
    proofs: [
      {
        file: `${HERE}/att-responses.test.ts`,
        tests: ['recovers in time from the loss of any ATT response'],
      },
    ],
  },
  {
    trigger: 'The response to an ATT request is an error',
    noble: 'drops the callback of a write; treats the error as the end of a list, or as an empty value',
    client:
      'uses such writes for the descriptors of notifications only, with a timeout; accepts an incomplete list of ' +
      'services only on the third connection in a row',
    within: 'a step, and a new link',
    proofs: [
      {
        file: `${HERE}/att-responses.test.ts`,
        tests: ['recovers in time from the ATT error', 'uses no read or write whose failure noble hides'],
      },
    ],
  },
  {
    trigger: 'A packet of the scooter is truncated, or contains a list with entries of length 0',
    noble: 'throws in an event handler, which ends the process, or loops endlessly',
    client: 'drops malformed packets before noble, so the request times out',
    within: 'a step, and a new link',
    proofs: [
      {
        file: `${HERE}/att-responses.test.ts`,
        tests: ['recovers in time from a malformed ATT response: %s'],
      },
      {
        file: `${HERE}/malformed-packets.test.ts`,
        tests: ['keeps running, whatever the scooter sends on any L2CAP channel'],
      },
    ],
  },
  {
    trigger: 'The adapter sends an event that is truncated, has no parameters, or answers no command',
    noble:
      'throws in an event handler or rejects a promise, which ends the process; if the event reports no buffers, it ' +
      'loops endlessly or never sends again',
    client:
      'passes on only the events that noble uses and can parse; logs what noble throws nevertheless, which costs that ' +
      'event only',
    within: 'at once, on the same link',
    proofs: [
      {
        file: `${HERE}/malformed-events.test.ts`,
        tests: ['starts, and keeps its link, although the adapter sends events that noble cannot parse'],
      },
      {
        file: 'hci/malformed-packets.test.ts',
        tests: ['survives, silently, whatever packets a controller sends, and works afterwards'],
      },
    ],
  },
  {
    trigger: 'The adapter reports that a disconnection has failed',
    noble: 'ignores the status, and takes the link for ended; so does bleno',
    client: 'drops that event before the library; the link stays, and its end is reported by another one',
    within: 'at once, on the same link',
    proofs: [
      {
        file: 'hci/malformed-packets.test.ts',
        tests: ['does not end the link of %s, and is counted'],
      },
      {
        file: `${HERE}/malformed-events.test.ts`,
        tests: ['starts, and keeps its link, although the adapter sends events that noble cannot parse'],
      },
    ],
  },
  {
    trigger: 'The adapter rejects the last command of the start',
    noble: 'ignores the status, and reports that the adapter is powered on; so does bleno',
    client: 'ends with 71, and names command and status',
    within: 'at once',
    proofs: [
      {
        file: `${HERE}/start-refused.test.ts`,
        tests: ['always ends the client with 71 at once, and the log names command and status'],
      },
      {
        file: 'hci/malformed-packets.test.ts',
        tests: ['fails instead of being powered on by %s'],
      },
    ],
  },
  {
    trigger: 'A device nearby sends malformed advertisements',
    noble: 'prints a line for each, and skips the reports of other devices in the same event',
    client: 'removes truncated reports and malformed structures; logs their number, at most once in 10 min',
    within: 'the same event',
    proofs: [
      {
        file: `${HERE}/malformed-events.test.ts`,
        tests: ['finds its scooter among malformed advertisements, and logs them once in ten minutes'],
      },
      {
        file: 'hci/malformed-packets.test.ts',
        tests: ['gets everything that is well-formed in an event with malformed advertisements'],
      },
    ],
  },
  {
    trigger: 'A request is made on an ended connection',
    noble: 'never calls back, or sends it with handle 0',
    client: 'makes requests only while connected; every test here checks each packet that noble sends',
    within: 'at once',
    proofs: [
      {
        file: `${HERE}/stale-handles.test.ts`,
        tests: ['writes nothing, neither before the next connection nor on it'],
      },
      {
        file: `${HERE}/link-lost-in-setup.test.ts`,
        tests: ['is followed by another at once, at whichever ATT response it ends'],
      },
    ],
  },
  {
    trigger: 'A characteristic of an ended connection is used on the next one',
    noble: 'throws a TypeError',
    client: 'discovers characteristics on each connection; objects of an ended one have no effect',
    within: 'at once',
    proofs: [
      {
        file: `${HERE}/stale-handles.test.ts`,
        tests: [
          'fails to subscribe at once, while the next one can',
          'does not disconnect the next one when it is closed late, twice',
        ],
      },
      { scenario: 'link-dropped' },
    ],
  },
  {
    trigger: 'The connection ends during discovery or subscription',
    noble: 'never calls back; its listeners stay, and receive data of the next connection',
    client: 'ends each wait with the connection, and removes its listeners',
    within: 'a reconnect, without a timeout before it',
    proofs: [
      {
        file: `${HERE}/link-lost-in-setup.test.ts`,
        tests: [
          'is followed by another at once, at whichever ATT response it ends',
          'leaves no listeners that receive data of the next one or accumulate (%s)',
        ],
      },
    ],
  },
  {
    trigger: 'A service is missing',
    noble: 'rejects with a string, or returns an empty list',
    client:
      'ends with 78 on the third connection in a row; if there is a token, another device may use the address, so it ' +
      'tries again until the reconnect window ends',
    within: 'three times `connect_timeout` and a step, with the pauses between them',
    proofs: [
      {
        file: `${HERE}/missing-service.test.ts`,
        tests: [
          'ends the client without a token with 78 if it advertises %s, but not on the first connection',
          'does not keep a client with a token from the scooter that comes later (%s)',
        ],
      },
    ],
  },
  {
    trigger: 'A second connection attempt starts, or a cancel crosses the success of its attempt',
    noble: 'leaves links without an owner; cancels the wrong attempt',
    client: 'has a single owner of the adapter, which makes one attempt at a time',
    within: 'a new link',
    proofs: [
      {
        file: `${HERE}/peer-gone-while-connecting.test.ts`,
        tests: [
          'and comes back %i ms after the deadline is connected once',
          'delays the next attempt until then, and the scooter is connected once',
        ],
      },
    ],
  },
  {
    trigger: 'The adapter is switched off or unplugged while connected, for long or for less than a second',
    noble: 'stays connected forever; polls the adapter once a second in raw mode, never in the user channel',
    client:
      'gets a socket error or a timeout; creates a new instance of noble once, and ends with 71 if that fails',
    within: '12 s until it ends; else a step each for request and disconnect, and a new link',
    proofs: [
      { scenario: 'adapter-down' },
      { scenario: 'adapter-flapping' },
      { file: ADAPTER_LOSS, tests: ['permanently ends the client with 71 within 12 s (%s channel)'] },
      {
        file: `${HERE}/adapter-reset-unnoticed.test.ts`,
        tests: [
          'during a link is noticed by a missing reply, and does not end the client',
          'during a connection attempt makes the attempt time out, and does not end the client',
        ],
      },
    ],
  },
  {
    trigger: 'A Bluetooth service, such as bluetoothd, powers the adapter on whenever it is free',
    noble: 'throws when it is created, as an adapter that is up cannot be bound',
    client:
      'powers the adapter off and binds it again until it succeeds; ends with 71 if another program uses the adapter ' +
      'exclusively',
    within: '0.2 s; 5 s until it ends',
    proofs: [
      { scenario: 'adapter-autoenable' },
      {
        file: 'harness/proofs/rides/auto-enable.test.ts',
        tests: [
          'does not keep scan, scan, register, run, pause and another run from using it',
          'does not end a search for longer than an instance of noble lasts',
          'ends the client with 71, and a message that says so',
          'advertises, is ridden, and does so again each time it is switched on',
        ],
      },
    ],
  },
  {
    trigger: 'The adapter stops answering while the client connects',
    noble: 'is unusable: the pending attempt blocks every other one',
    client: 'creates a new instance of noble; ends with 71 if that does not help',
    within: '`connect_timeout` + 2 s, a pause, 10 s, and a new link',
    proofs: [
      { scenario: 'adapter-mute-while-connecting' },
      { scenario: 'adapter-mute' },
      { file: ADAPTER_LOSS, tests: ['ends the client with 71, not 75, if the adapter only stops answering'] },
    ],
  },
  {
    trigger: 'A connection ends, but the adapter does not report it',
    noble: 'counts its packets as in flight forever; with eight of them, no connection can send',
    client: 'creates a new instance of noble if the end of a connection is not confirmed',
    within: '`send_interval`, a step each for request and disconnect, a pause, 10 s, and a new link',
    proofs: [
      {
        file: `${HERE}/leaked-credits.test.ts`,
        tests: [
          'because the adapter was mute when the scooter went out of range',
          'because the adapter was switched off and on faster than noble polls it',
        ],
      },
    ],
  },
  {
    trigger: 'The adapter reports a hardware error, after which its connections and settings are gone',
    noble: 'ignores the event, and waits for what never comes',
    client: 'creates a new instance of noble at once, which resets the adapter',
    within: 'a pause, the supervision timeout of the scooter, and a new link',
    proofs: [
      { scenario: 'regressions/adapter-reports-hardware-error' },
      { file: 'hci/hardware-error.test.ts', tests: ['has failed, with the code in the message'] },
    ],
  },
  {
    trigger: 'The scooter can be connected to for a moment only',
    noble: 'listens for 30 of 60 ms while it connects, and misses half of the advertisements',
    client: 'makes the adapter listen all the time, as the kernel does',
    within: 'one advertisement',
    proofs: [
      { scenario: 'regressions/scooter-free-for-a-moment' },
      {
        file: 'hci/initiator-window.test.ts',
        tests: ['listens all the time, whatever window noble asks for'],
      },
    ],
  },
  {
    trigger: 'A write without response is lost, or the scooter does not reply',
    noble: 'reports a write as done once it is queued, and the connection as connected forever',
    client:
      'matches replies with requests and repeats requests; disconnects without a reply, and ends with 75 in the end',
    within:
      '`request_timeout` until a repetition, a step until a disconnect, `reconnect_window` until it ends',
    proofs: [{ scenario: 'writes-lost' }, { scenario: 'scooter-mute' }],
  },
  {
    trigger: 'The adapter rejects the start or the stop of a scan',
    noble: 'never calls back, or reports a scan because the stop before it succeeded',
    client: 'restarts the scan every 4 s; ends with 71 without an answer, or after three rejections in a row',
    within: '4 s and a new link; 12 s until it ends',
    proofs: [
      {
        file: `${HERE}/scan-refused.test.ts`,
        tests: [
          'one start of a scan gets another, and the scooter is found',
          'every start of a scan ends the client with 71, not with 69',
          'every stop of a scan ends the client with 71',
        ],
      },
      { file: ADAPTER_LOSS, tests: ['ends the client with 71 if it does not answer'] },
    ],
  },
  {
    trigger: 'The adapter rejects an attempt to connect (Command Status)',
    noble: 'reports it as it reports a scooter that did not answer, so it looks like an absent scooter',
    client:
      'creates a new instance of noble, which resets the adapter, after three rejections in a row (ten in raw mode); ' +
      'ends with 71 if that does not help twice',
    within: 'three pauses between attempts and a new link',
    proofs: [
      {
        file: `${HERE}/connection-rejected.test.ts`,
        tests: [
          'until it is reset is reset after three attempts',
          'always (status %i) ends the client with 71, not with 75, though it scans',
          'in raw mode, where another program may cause it, is reset only after ten attempts',
        ],
      },
      { scenario: 'adapter-rejecting' },
    ],
  },
  {
    trigger: 'The scan response of the scooter is lost',
    noble: 'does not report the scooter if duplicates are filtered',
    client: 'does not filter duplicates, and selects its scooter itself',
    within: 'the next advertisement and a new link',
    proofs: [
      {
        file: `${HERE}/scan-response-lost.test.ts`,
        tests: ['is found by its next advertisement, in the same scan'],
      },
      { scenario: 'advertisements-lost' },
    ],
  },
  {
    trigger: 'A connection is requested during a scan',
    noble: 'passes the request on, which causes a hardware error on some Pis',
    client: 'waits until the scan has stopped',
    within: 'at once',
    proofs: [
      {
        file: `${HERE}/connecting-while-scanning.test.ts`,
        tests: ['never has to: not in the first search, not in a reconnect, not after it was replugged'],
      },
    ],
  },
  {
    trigger: 'Devices with changing addresses are in range',
    noble: 'keeps every device that it has received',
    client: 'scans only while it is not connected, with a new instance of noble after 5 min of scanning',
    within: 'the devices of 5 min',
    proofs: [
      {
        file: `${HERE}/many-devices.test.ts`,
        tests: [
          'none of them while the client polls for an hour',
          'no more than pass by during one instance of noble, however long the scooter is away',
          'no more than pass by during one instance of noble, however long the search lasts',
        ],
      },
    ],
  },
  {
    trigger: 'There is a radio gap of half a second',
    noble: 'requests a supervision timeout of 0.42 s, so link and session are lost',
    client: 'requests `supervision_timeout`, and no timeout on a link is shorter',
    within: 'same link and session',
    proofs: [
      { scenario: 'gap-of-1-s' },
      { scenario: 'gap-of-4.9-s' },
      {
        file: 'harness/proofs/rides/gaps.test.ts',
        tests: ['has no effect %i ms after the connection was established'],
      },
    ],
  },
  {
    trigger: 'The scooter requests other connection parameters',
    noble: 'grants them all in the user channel, including a shorter supervision timeout',
    client: 'grants interval and latency, and keeps `supervision_timeout`',
    within: 'at once',
    proofs: [
      {
        file: 'harness/proofs/rides/connection-parameters.test.ts',
        tests: [
          'is detected as lost no later than before',
          'gets the configured supervision timeout on the next link',
        ],
      },
    ],
  },
];
