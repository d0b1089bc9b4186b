/** Where it is shown that the client gets over something: a story in `scenarios/`, or tests by the names that they have. */
export type Proof =
  | { readonly scenario: string }
  | { readonly file: string; readonly tests: readonly [string, ...string[]] };

/** Something that noble does, or leaves undone, and what becomes of it. */
export interface Defect {
  /** What happens. */
  readonly trigger: string;
  /** What noble makes of it. */
  readonly noble: string;
  /** What the client does about it. */
  readonly client: string;
  /** How long that may take, from the configuration. */
  readonly within: string;
  readonly proofs: readonly [Proof, ...Proof[]];
}

const HERE = 'harness/proofs/noble-defects';
const ADAPTER_LOSS = 'harness/proofs/rides/adapter-loss.test.ts';

/** What noble does to its user in production, each reproduced in the unmodified library over the virtual radio. */
export const DEFECTS: readonly Defect[] = [
  {
    trigger: 'The scooter goes while the client connects',
    noble: 'never settles, and holds every later attempt back',
    client: 'cancels the attempt, waits for the answer, and hangs up a connection that comes up too late',
    within: '`connect_timeout` + 2 s for each attempt; back within a new link',
    proofs: [
      {
        file: `${HERE}/peer-gone-while-connecting.test.ts`,
        tests: [
          'costs each attempt its deadline, and the next one can be made',
          'is hung up at once, and does not stand in the way of the next one',
        ],
      },
      { scenario: 'out-of-reach' },
    ],
  },
  {
    trigger: 'The answer to any ATT request is lost',
    noble: 'sends nothing more on this connection, which looks alive',
    client: 'gives each request a deadline, then hangs up: nothing else empties the queue',
    within: 'a step, and a new link',
    proofs: [
      {
        file: `${HERE}/att-answers.test.ts`,
        tests: ['goes on in time, whichever answer to a request of noble is lost'],
      },
    ],
  },
  {
    trigger: 'The answer to an ATT request is an error',
    noble: 'forgets the callback of a write; takes the error for the end of a list, or for an empty value',
    client:
      'reads and writes nothing that way but the descriptors of notifications, with a deadline; a list that lacks ' +
      'something is believed on the third connection in a row',
    within: 'a step, and a new link',
    proofs: [
      {
        file: `${HERE}/att-answers.test.ts`,
        tests: [
          'goes on in time, whichever answer is the ATT error',
          'never depends on what noble makes of a failed write or read: it asks for neither',
        ],
      },
    ],
  },
  {
    trigger: 'A packet of the scooter is cut short, or a list in it has entries without a length',
    noble: 'throws in the middle of an event, which ends the process, or reads the list for ever',
    client: 'keeps from noble what it cannot read; what was to be answered by it misses its deadline',
    within: 'a step, and a new link',
    proofs: [
      {
        file: `${HERE}/att-answers.test.ts`,
        tests: ['goes on in time, whichever answer is %s'],
      },
      {
        file: `${HERE}/malformed-packets.test.ts`,
        tests: ['goes on, whatever else the scooter sends on whatever channel'],
      },
    ],
  },
  {
    trigger: 'Something is asked of a connection that is over',
    noble: 'never calls back, or sends it to handle 0',
    client:
      'asks only while noble says that it is connected; every test here looks at each packet that it sends',
    within: 'at once',
    proofs: [
      {
        file: `${HERE}/stale-handles.test.ts`,
        tests: ['writes nothing, neither before nor on the next one'],
      },
      {
        file: `${HERE}/link-lost-in-setup.test.ts`,
        tests: ['is followed by another at once, at whichever answer of the scooter it ends'],
      },
    ],
  },
  {
    trigger: 'A characteristic of the last connection is used on the next one',
    noble: 'throws a TypeError',
    client: 'discovers anew on each connection; what is left of an earlier one does nothing any more',
    within: 'at once',
    proofs: [
      {
        file: `${HERE}/stale-handles.test.ts`,
        tests: [
          'fails to subscribe at once, and the next one can',
          'does not hang up the next one when it is closed late, twice',
        ],
      },
      { scenario: 'link-dropped' },
    ],
  },
  {
    trigger: 'The connection ends during discovery, or while the client subscribes',
    noble: 'never settles; its listeners stay, and hear what belongs to the next connection',
    client: 'races each wait with the end of the connection, and takes its listeners back',
    within: 'a reconnect, with no deadline before it',
    proofs: [
      {
        file: `${HERE}/link-lost-in-setup.test.ts`,
        tests: [
          'is followed by another at once, at whichever answer of the scooter it ends',
          'leaves nothing behind that the next one hears, or that piles up, among the %s',
        ],
      },
    ],
  },
  {
    trigger: 'A service is missing',
    noble: 'rejects with a string, or finds an empty list',
    client: 'ends with 78, on the third connection in a row',
    within: 'three times `connect_timeout` and a step, with the pauses in between',
    proofs: [
      {
        file: `${HERE}/missing-service.test.ts`,
        tests: ['ends the client with 78 where it advertises %s, but not on the first connection'],
      },
    ],
  },
  {
    trigger: 'A second attempt to connect, or a cancel that crosses its success',
    noble: 'links that nobody owns; cancels another attempt than was meant',
    client: 'has one owner of the adapter, and makes one attempt at a time',
    within: 'back within a new link',
    proofs: [
      {
        file: `${HERE}/peer-gone-while-connecting.test.ts`,
        tests: [
          'and comes back %i ms after the deadline is connected to once',
          'is waited for before the next one, and the scooter is connected to once',
        ],
      },
    ],
  },
  {
    trigger: 'The adapter is switched off or pulled while connected, for long or for less than a second',
    noble: 'stays connected for ever; in raw mode it looks once a second, in the user channel never',
    client:
      'hears the error of the socket, or misses an answer; makes a new instance of noble once, else ends with 71',
    within: '12 s to the end; a step each for request and hang-up, and a new link',
    proofs: [
      { scenario: 'adapter-down' },
      { scenario: 'adapter-flapping' },
      { file: ADAPTER_LOSS, tests: ['and stays away ends it with 71 within 12 s (%s channel)'] },
      {
        file: `${HERE}/adapter-reset-unseen.test.ts`,
        tests: [
          'under a link is found out by an answer that stays away, and costs no restart',
          'under an attempt to connect ends that in time, and costs no restart',
        ],
      },
    ],
  },
  {
    trigger: 'The adapter answers nothing while the client connects',
    noble: 'is of no more use: the attempt holds every other one back',
    client: 'makes a new instance of noble; ends with 71 where that does not help',
    within: '`connect_timeout` + 2 s, a pause, 5 s, and a new link',
    proofs: [
      { scenario: 'adapter-mute-while-connecting' },
      { scenario: 'adapter-mute' },
      { file: ADAPTER_LOSS, tests: ['ends it with 71, not 75, where the adapter only falls silent'] },
    ],
  },
  {
    trigger: 'A connection ends, and the adapter fails to say so',
    noble: 'counts its packets as under way for good; when they are eight, no connection sends any more',
    client: 'makes a new instance of noble where the end of a connection is not confirmed',
    within: '`send_interval`, a step each for request and hang-up, a pause, 5 s, and a new link',
    proofs: [
      {
        file: `${HERE}/leaked-credits.test.ts`,
        tests: [
          'because the adapter was mute when the scooter went out of reach',
          'because the adapter was switched off and on within the second after which noble looks',
        ],
      },
    ],
  },
  {
    trigger: 'A write without response is lost, or the scooter keeps silent',
    noble: 'says that it is done as soon as it is queued; the connection looks alive for ever',
    client: 'matches replies with requests and asks again; hangs up when none comes, and gives up with 75',
    within: '`request_timeout` to ask again, a step to hang up, `reconnect_window` to give up',
    proofs: [{ scenario: 'writes-lost' }, { scenario: 'scooter-mute' }],
  },
  {
    trigger: 'The adapter refuses to begin or to end a scan',
    noble: 'never calls back; or says that it scans, because ending the scan before it went well',
    client: 'begins anew every 4 s; ends with 71 where it does not answer, or refuses three times in a row',
    within: '4 s, and a new link; 12 s to the end',
    proofs: [
      {
        file: `${HERE}/scan-refused.test.ts`,
        tests: [
          'once is asked again, and the scooter is found',
          'whenever it is asked ends the client with 71, not 69: it hears nobody',
          'or to end a scan ends the client with 71',
        ],
      },
      { file: ADAPTER_LOSS, tests: ['ends with 71 where it does not answer'] },
    ],
  },
  {
    trigger: 'The scan response of the scooter is lost',
    noble: 'does not report it, if the adapter is to report each device once',
    client: 'has every advertisement reported, and picks out its own',
    within: 'the next advertisement, and a new link',
    proofs: [
      {
        file: `${HERE}/scan-response-lost.test.ts`,
        tests: ['is found by its next advertisement, in the same scan'],
      },
      { scenario: 'advertisements-lost' },
    ],
  },
  {
    trigger: 'A connection is asked for while a scan is under way',
    noble: 'passes it on, which is a hardware error on some Pis',
    client: 'waits for the end of the scan',
    within: 'at once',
    proofs: [
      {
        file: `${HERE}/connecting-while-scanning.test.ts`,
        tests: ['is never told so: not by the first search, not by a reconnect, not after it came back'],
      },
    ],
  },
  {
    trigger: 'Ever new addresses pass by',
    noble: 'keeps every device that it has ever heard',
    client: 'scans only until it has found the scooter, with a new instance of noble every 5 min',
    within: 'what passes by in 5 min',
    proofs: [
      {
        file: `${HERE}/crowd.test.ts`,
        tests: [
          'none of them while the client rides for an hour, however often the link is lost',
          'no more than passed by in one turn of the search, however long that lasts',
        ],
      },
    ],
  },
  {
    trigger: 'The radio is silent for half a second',
    noble: 'has asked for a supervision timeout of 0.42 s: the link is lost, and the session with it',
    client: 'asks for `supervision_timeout`, and gives no step inside a link less than that',
    within: 'same link, same session',
    proofs: [
      { scenario: 'gap-of-1-s' },
      { scenario: 'gap-of-4.9-s' },
      {
        file: 'harness/proofs/rides/gaps.test.ts',
        tests: ['costs nothing, %i ms after the connection came up'],
      },
    ],
  },
  {
    trigger: 'The scooter asks for other connection parameters',
    noble: 'grants them all in the user channel, a shorter supervision timeout too',
    client: 'grants interval and latency, and keeps `supervision_timeout`',
    within: 'at once',
    proofs: [
      {
        file: 'harness/proofs/rides/connection-parameters.test.ts',
        tests: ['is given up no later than before', 'is kept the timeout of this link, also on the next one'],
      },
    ],
  },
];
