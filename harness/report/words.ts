import { EXIT } from '../../client/errors.ts';
import { printable } from '../../client/printable.ts';
import type { TraceEvent, TraceEventType } from '../world/trace/event.ts';

/** Who does what in a world, from the air to the script. */
export const LANES = ['radio', 'scooter', 'client', 'gps', 'broker', 'faults'] as const;

export type Lane = (typeof LANES)[number];

/** How events of one type are told. */
interface Telling<Type extends TraceEventType> {
  readonly lane: Lane;
  /** What happens, as one says it after the name of the lane. */
  readonly say: (event: TraceEvent & { readonly type: Type }) => string;
  /** What to count it as where nobody wants to hear of each; undefined for one that is news. */
  readonly counted?: (event: TraceEvent & { readonly type: Type }) => string | undefined;
}

/** Error codes that a link ends with (Bluetooth Core Vol 1 Part F). */
const LINK_ENDS: Readonly<Record<number, string>> = {
  0x05: 'authentication failed',
  0x08: 'supervision timeout',
  0x13: 'closed on purpose',
  0x15: 'the scooter powers off',
  0x16: 'closed on purpose',
  0x22: 'no answer of the link layer',
  0x3b: 'unacceptable parameters',
  0x3e: 'never came up',
};

const EXITS: Readonly<Record<number, string>> = {
  [EXIT.stopped]: 'stopped on request',
  [EXIT.usage]: 'wrong usage',
  [EXIT.notFound]: 'scooter never found',
  [EXIT.adapterUnusable]: 'adapter unusable',
  [EXIT.lostTooLong]: 'scooter lost for too long',
  [EXIT.tokenRefused]: 'token refused or missing',
  [EXIT.configuration]: 'wrong configuration',
};

/** Levels of the client's log that are not worth a line each. */
const CHATTER = ['trace', 'debug'];

/** What comes along with other events is not even counted. */
export const UNTOLD = '';

const DEGREE_DIGITS = 5;

const TELLINGS: { readonly [Type in TraceEventType]: Telling<Type> } = {
  scan: { lane: 'radio', say: ({ on }) => (on ? 'searches' : 'no longer searches') },
  'link.attempt': { lane: 'radio', say: () => 'tries to connect' },
  'link.up': { lane: 'radio', say: ({ supervisionMs }) => `connected, ${supervision(supervisionMs)}` },
  'link.updated': {
    lane: 'radio',
    say: ({ supervisionMs }) => `agrees on a ${supervision(supervisionMs)}`,
  },
  'link.down': { lane: 'radio', say: ({ reason }) => `connection over: ${linkEnd(reason)}` },

  'scooter.on': { lane: 'scooter', say: () => 'is on' },
  'scooter.off': { lane: 'scooter', say: () => 'is off' },
  login: { lane: 'scooter', say: ({ ok }) => (ok ? 'accepts a login' : 'refuses a login') },
  'reply.sent': {
    lane: 'scooter',
    say: ({ id, device, register, data }) =>
      `reply ${id}: register 0x${register.toString(16).padStart(2, '0')} of ${device} is ${data}`,
    counted: () => UNTOLD,
  },
  'reply.carried': { lane: 'radio', say: ({ id }) => `carried reply ${id}`, counted: () => 'reply carried' },

  'gps.fix': {
    lane: 'gps',
    say: ({ latitude, longitude, heard }) => `${position(latitude, longitude)}${heard ? '' : ', unheard'}`,
    counted: ({ latitude, heard }) =>
      `${latitude === undefined ? 'no fix' : 'fix'}${heard ? '' : ' unheard'}`,
  },

  'broker.attempt': { lane: 'broker', say: ({ clientId }) => `${printable(clientId)} asks to connect` },
  'broker.connected': { lane: 'broker', say: ({ clientId }) => `${printable(clientId)} is connected` },
  'broker.disconnected': { lane: 'broker', say: ({ clientId }) => `${printable(clientId)} is gone` },
  received: {
    lane: 'broker',
    say: ({ topic, payload, isWill }) =>
      `received ${contents(payload)} on ${printable(topic)}${isWill ? ', the last will' : ''}`,
    counted: ({ topic, payload }) => (isReport(payload) ? `received on ${lastLevel(topic)}` : undefined),
  },

  taken: { lane: 'client', say: ({ seq }) => `sample ${seq} is stored`, counted: () => 'sample stored' },
  'client.started': { lane: 'client', say: ({ life }) => `starts (life ${life})` },
  'client.ended': { lane: 'client', say: ({ life, ...end }) => `${processEnd(end)} (life ${life})` },
  census: {
    lane: 'client',
    say: ({ timers, listeners, handles, storeBytes }) =>
      `holds ${timers} timers, ${listeners} listeners, ${handles} handles, ${storeBytes} bytes stored`,
    counted: () => UNTOLD,
  },
  log: {
    lane: 'client',
    say: ({ level, message }) => `${level}: ${printable(message)}`,
    counted: ({ level }) => (CHATTER.includes(level) ? UNTOLD : undefined),
  },

  'fault.began': {
    lane: 'faults',
    say: ({ fault, detail, step }) =>
      `${fault} begins${detail === '' ? '' : `, ${printable(detail)}`} (step ${step})`,
  },
  'fault.ended': { lane: 'faults', say: ({ fault, step }) => `${fault} ends (step ${step})` },
};

/** Whose event it is. */
export function laneOf(event: TraceEvent): Lane {
  return tellingOf(event).lane;
}

/** An event as a short sentence for people, after the name of its lane; safe for a terminal. */
export function said(event: TraceEvent): string {
  return tellingOf(event).say(event);
}

/**
 * What to count an event as where it is one of many: the steady flow of replies, fixes and samples. Undefined for what
 * is news by itself, {@link UNTOLD} for what goes without saying.
 */
export function countedAs(event: TraceEvent): string | undefined {
  return tellingOf(event).counted?.(event);
}

/** The table keeps each type's functions under the type: the one found for an event takes that event. */
function tellingOf({ type }: TraceEvent): Telling<TraceEventType> {
  return TELLINGS[type] as Telling<TraceEventType>;
}

function supervision(ms: number): string {
  return `supervision timeout ${ms / 1000} s`;
}

function linkEnd(reason: number): string {
  return `${LINK_ENDS[reason] ?? 'reason'} (0x${reason.toString(16).padStart(2, '0')})`;
}

function position(latitude: number | undefined, longitude: number | undefined): string {
  if (latitude === undefined || longitude === undefined) return 'no fix';
  return `fix at ${latitude.toFixed(DEGREE_DIGITS)}, ${longitude.toFixed(DEGREE_DIGITS)}`;
}

interface End {
  readonly how: 'exit' | 'killed' | 'power cut' | 'crashed';
  readonly code?: number;
  readonly error?: string;
}

function processEnd({ how, code, error }: End): string {
  if (how === 'killed') return 'is killed';
  if (how === 'power cut') return 'loses its power';
  if (how === 'crashed') return `crashes: ${printable(error ?? 'without a word')}`;
  const meaning = code === undefined ? undefined : EXITS[code];
  return `ends with exit code ${code ?? 'unknown'}${meaning === undefined ? '' : `, ${meaning}`}`;
}

/** Samples and health reports are JSON objects; the rest are words, such as `offline`. */
function isReport(payload: string): boolean {
  return payload.startsWith('{');
}

/** A report is known by its number; it is too long to be told. */
function contents(payload: string): string {
  if (!isReport(payload)) return `"${printable(payload)}"`;
  const seq = /"seq":(\d+)/.exec(payload)?.[1];
  return seq === undefined ? 'a report' : `sample ${seq}`;
}

function lastLevel(topic: string): string {
  return printable(topic.slice(topic.lastIndexOf('/') + 1));
}
