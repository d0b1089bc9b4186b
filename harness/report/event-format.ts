import { EXIT } from '../../client/errors.ts';
import { printable } from '../../client/printable.ts';
import type { TraceEvent, TraceEventType } from '../world/trace/event.ts';

/** Who does what in a world, from the air to the script. */
export const LANES = ['radio', 'scooter', 'client', 'gps', 'broker', 'faults'] as const;

export type Lane = (typeof LANES)[number];

/** How events of one type are told. */
interface EventFormat<Type extends TraceEventType> {
  readonly lane: Lane;
  /** What happens, as one says it after the name of the lane. */
  readonly format: (event: TraceEvent & { readonly type: Type }) => string;
  /** What to count it as where nobody wants to hear of each; undefined for one that is news. */
  readonly countAs?: (event: TraceEvent & { readonly type: Type }) => string | undefined;
}

/** Error codes that a link ends with (Bluetooth Core Vol 1 Part F). */
const DISCONNECT_REASONS: Readonly<Record<number, string>> = {
  0x05: 'authentication failed',
  0x08: 'supervision timeout',
  0x13: 'closed on purpose',
  0x15: 'the scooter powers off',
  0x16: 'closed on purpose',
  0x22: 'no answer of the link layer',
  0x3b: 'unacceptable parameters',
  0x3e: 'never came up',
};

const EXIT_MEANINGS: Readonly<Record<number, string>> = {
  [EXIT.stopped]: 'stopped on request',
  [EXIT.usage]: 'wrong usage',
  [EXIT.notFound]: 'scooter never found',
  [EXIT.adapterUnusable]: 'adapter unusable',
  [EXIT.lostTooLong]: 'scooter lost for too long',
  [EXIT.tokenRefused]: 'token refused or missing',
  [EXIT.configuration]: 'wrong configuration',
};

/** Levels of the client's log that are not worth a line each. */
const UNCOUNTED_LEVELS = ['trace', 'debug'];

/** What comes along with other events is not even counted. */
export const OMITTED = '';

const DEGREE_DIGITS = 5;

const EVENT_FORMATS: { readonly [Type in TraceEventType]: EventFormat<Type> } = {
  scan: { lane: 'radio', format: ({ on }) => (on ? 'searches' : 'no longer searches') },
  'link.attempt': { lane: 'radio', format: () => 'tries to connect' },
  'link.up': {
    lane: 'radio',
    format: ({ supervisionMs }) => `connected, ${formatSupervision(supervisionMs)}`,
  },
  'link.updated': {
    lane: 'radio',
    format: ({ supervisionMs }) => `agrees on a ${formatSupervision(supervisionMs)}`,
  },
  'link.down': { lane: 'radio', format: ({ reason }) => `connection over: ${formatReason(reason)}` },

  'scooter.on': { lane: 'scooter', format: () => 'is on' },
  'scooter.off': { lane: 'scooter', format: () => 'is off' },
  login: { lane: 'scooter', format: ({ ok }) => (ok ? 'accepts a login' : 'refuses a login') },
  'reply.sent': {
    lane: 'scooter',
    format: ({ id, device, register, data }) =>
      `reply ${id}: register 0x${register.toString(16).padStart(2, '0')} of ${device} is ${data}`,
    countAs: () => OMITTED,
  },
  'reply.carried': {
    lane: 'radio',
    format: ({ id }) => `carried reply ${id}`,
    countAs: () => 'reply carried',
  },

  'gps.fix': {
    lane: 'gps',
    format: ({ latitude, longitude, heard }) =>
      `${formatPosition(latitude, longitude)}${heard ? '' : ', unheard'}`,
    countAs: ({ latitude, heard }) =>
      `${latitude === undefined ? 'no fix' : 'fix'}${heard ? '' : ' unheard'}`,
  },

  'broker.attempt': { lane: 'broker', format: ({ clientId }) => `${printable(clientId)} asks to connect` },
  'broker.connected': { lane: 'broker', format: ({ clientId }) => `${printable(clientId)} is connected` },
  'broker.disconnected': { lane: 'broker', format: ({ clientId }) => `${printable(clientId)} is gone` },
  received: {
    lane: 'broker',
    format: ({ topic, payload, isWill }) =>
      `received ${describePayload(payload)} on ${printable(topic)}${isWill ? ', the last will' : ''}`,
    countAs: ({ topic, payload }) => (isReport(payload) ? `received on ${lastLevel(topic)}` : undefined),
  },

  taken: { lane: 'client', format: ({ seq }) => `sample ${seq} is stored`, countAs: () => 'sample stored' },
  'client.started': { lane: 'client', format: ({ life }) => `starts (life ${life})` },
  'client.ended': { lane: 'client', format: ({ life, ...end }) => `${formatProcessEnd(end)} (life ${life})` },
  census: {
    lane: 'client',
    format: ({ timers, listeners, handles, storeBytes }) =>
      `holds ${timers} timers, ${listeners} listeners, ${handles} handles, ${storeBytes} bytes stored`,
    countAs: () => OMITTED,
  },
  log: {
    lane: 'client',
    format: ({ level, message }) => `${level}: ${printable(message)}`,
    countAs: ({ level }) => (UNCOUNTED_LEVELS.includes(level) ? OMITTED : undefined),
  },

  'fault.began': {
    lane: 'faults',
    format: ({ fault, detail, step }) =>
      `${fault} begins${detail === '' ? '' : `, ${printable(detail)}`} (step ${step})`,
  },
  'fault.ended': { lane: 'faults', format: ({ fault, step }) => `${fault} ends (step ${step})` },
};

/** Whose event it is. */
export function laneOf(event: TraceEvent): Lane {
  return formatOf(event).lane;
}

/** An event as a short sentence for people, after the name of its lane; safe for a terminal. */
export function formatEvent(event: TraceEvent): string {
  return formatOf(event).format(event);
}

/**
 * What to count an event as where it is one of many: the steady flow of replies, fixes and samples. Undefined for what
 * is news by itself, {@link OMITTED} for what goes without saying.
 */
export function countLabel(event: TraceEvent): string | undefined {
  return formatOf(event).countAs?.(event);
}

/** The table keeps each type's functions under the type: the one found for an event takes that event. */
function formatOf({ type }: TraceEvent): EventFormat<TraceEventType> {
  return EVENT_FORMATS[type] as EventFormat<TraceEventType>;
}

function formatSupervision(ms: number): string {
  return `supervision timeout ${ms / 1000} s`;
}

function formatReason(reason: number): string {
  return `${DISCONNECT_REASONS[reason] ?? 'reason'} (0x${reason.toString(16).padStart(2, '0')})`;
}

function formatPosition(latitude: number | undefined, longitude: number | undefined): string {
  if (latitude === undefined || longitude === undefined) return 'no fix';
  return `fix at ${latitude.toFixed(DEGREE_DIGITS)}, ${longitude.toFixed(DEGREE_DIGITS)}`;
}

interface ProcessEnd {
  readonly how: 'exit' | 'killed' | 'power cut' | 'crashed';
  readonly code?: number;
  readonly error?: string;
}

function formatProcessEnd({ how, code, error }: ProcessEnd): string {
  if (how === 'killed') return 'is killed';
  if (how === 'power cut') return 'loses its power';
  if (how === 'crashed') return `crashes: ${printable(error ?? 'without a word')}`;
  const meaning = code === undefined ? undefined : EXIT_MEANINGS[code];
  return `ends with exit code ${code ?? 'unknown'}${meaning === undefined ? '' : `, ${meaning}`}`;
}

/** Samples and health reports are JSON objects; the rest are words, such as `offline`. */
function isReport(payload: string): boolean {
  return payload.startsWith('{');
}

/** A report is known by its number; it is too long to be told. */
function describePayload(payload: string): string {
  if (!isReport(payload)) return `"${printable(payload)}"`;
  const seq = /"seq":(\d+)/.exec(payload)?.[1];
  return seq === undefined ? 'a report' : `sample ${seq}`;
}

function lastLevel(topic: string): string {
  return printable(topic.slice(topic.lastIndexOf('/') + 1));
}
