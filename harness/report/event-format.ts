import { EXIT } from '../../client/errors.ts';
import { printable } from '../../client/printable.ts';
import type { TraceEvent, TraceEventType } from '../world/trace/event.ts';

/** The parts of a simulated world whose events are shown, in the order of their lanes. */
export const LANES = ['radio', 'scooter', 'client', 'gps', 'broker', 'faults'] as const;

export type Lane = (typeof LANES)[number];

/** How events of one type are formatted. */
interface EventFormat<Type extends TraceEventType> {
  readonly lane: Lane;
  /** Text after the name of the lane. */
  readonly format: (event: TraceEvent & { readonly type: Type }) => string;
  /** Label under which a frequent event is counted; undefined for a notable one. */
  readonly countAs?: (event: TraceEvent & { readonly type: Type }) => string | undefined;
}

/** Names of HCI error codes that end a connection (Bluetooth Core Vol 1 Part F). */
const DISCONNECT_REASONS: Readonly<Record<number, string>> = {
  0x05: 'authentication failed',
  0x08: 'supervision timeout',
  0x13: 'remote user terminated connection',
  0x15: 'remote device powering off',
  0x16: 'terminated by local host',
  0x22: 'link layer response timeout',
  0x3b: 'unacceptable connection parameters',
  0x3e: 'connection failed to be established',
};

const EXIT_MEANINGS: Readonly<Record<number, string>> = {
  [EXIT.stopped]: 'stopped on request',
  [EXIT.usage]: 'wrong usage',
  [EXIT.notFound]: 'scooter not found',
  [EXIT.adapterUnusable]: 'adapter unusable',
  [EXIT.lostTooLong]: 'scooter lost for too long',
  [EXIT.tokenRefused]: 'token refused or missing',
  [EXIT.configuration]: 'invalid configuration',
};

/** Log levels that are not shown. */
const OMITTED_LEVELS = ['trace', 'debug'];

/** Label of events that are neither shown nor counted. */
export const OMITTED = '';

const DEGREE_DIGITS = 5;

const EVENT_FORMATS: { readonly [Type in TraceEventType]: EventFormat<Type> } = {
  scan: { lane: 'radio', format: ({ on }) => (on ? 'starts scanning' : 'stops scanning') },
  advertising: {
    lane: 'radio',
    format: ({ on }) => (on ? 'scooter advertises' : 'scooter stops advertising'),
    countAs: () => OMITTED,
  },
  'adapter.opened': { lane: 'radio', format: () => 'adapter opened' },
  'link.attempt': { lane: 'radio', format: () => 'attempts to connect' },
  'link.up': {
    lane: 'radio',
    format: ({ supervisionMs }) => `connected, ${formatSupervision(supervisionMs)}`,
  },
  'link.updated': {
    lane: 'radio',
    format: ({ supervisionMs }) => `${formatSupervision(supervisionMs)} from now on`,
  },
  'link.down': { lane: 'radio', format: ({ reason }) => `disconnected: ${formatReason(reason)}` },
  'link.released': { lane: 'radio', format: () => 'scooter notices the disconnection' },

  'scooter.on': { lane: 'scooter', format: () => 'switched on' },
  'scooter.off': { lane: 'scooter', format: () => 'switched off' },
  login: { lane: 'scooter', format: ({ ok }) => (ok ? 'login accepted' : 'login rejected') },
  'login.repeated': { lane: 'scooter', format: () => 'another login begins' },
  'login.prevented': {
    lane: 'scooter',
    format: ({ rejection }) =>
      rejection === undefined ? 'ignores or ends a login' : `answers a parcel of a login: ${rejection}`,
  },
  beep: { lane: 'scooter', format: () => 'beeps' },
  'pairing.opened': { lane: 'scooter', format: () => 'power button pressed in time' },
  paired: { lane: 'scooter', format: () => 'paired' },
  'chunks.requested': { lane: 'scooter', format: () => 'chunks requested again' },
  'reply.sent': {
    lane: 'scooter',
    format: ({ id, device, register, data }) =>
      `reply ${id}: ${device} register ${formatRegister(register)} = ${data}`,
    countAs: () => OMITTED,
  },
  'reply.withheld': {
    lane: 'scooter',
    format: ({ device, register }) =>
      `does not answer a read of ${device} register ${formatRegister(register)}`,
    countAs: () => 'read not answered',
  },
  'reply.carried': {
    lane: 'radio',
    format: ({ id }) => `reply ${id} delivered`,
    countAs: () => 'reply delivered',
  },

  'gps.opened': { lane: 'gps', format: () => 'port opened' },
  'gps.fix': {
    lane: 'gps',
    format: ({ latitude, longitude, heard }) =>
      `${formatPosition(latitude, longitude)}${heard ? '' : ', not received'}`,
    countAs: ({ latitude, heard }) =>
      `${latitude === undefined ? 'no fix' : 'fix'}${heard ? '' : ' not received'}`,
  },

  'broker.attempt': { lane: 'broker', format: ({ clientId }) => `${printable(clientId)} connecting` },
  'broker.refused': {
    lane: 'broker',
    format: ({ clientId, code }) =>
      `${printable(clientId)} refused${code === undefined ? '' : ` with code ${code}`}`,
  },
  'broker.connected': { lane: 'broker', format: ({ clientId }) => `${printable(clientId)} connected` },
  'broker.disconnected': { lane: 'broker', format: ({ clientId }) => `${printable(clientId)} disconnected` },
  'broker.violation': {
    lane: 'broker',
    format: ({ reason }) => `a limit was exceeded, reason code 0x${reason.toString(16)}`,
  },
  received: {
    lane: 'broker',
    format: ({ topic, payload, isWill }) =>
      `received ${describePayload(payload)} on ${printable(topic)}${isWill ? ' (last will)' : ''}`,
    countAs: ({ topic, payload }) => (isReport(payload) ? `received on ${lastLevel(topic)}` : undefined),
  },

  taken: { lane: 'client', format: ({ seq }) => `sample ${seq} stored`, countAs: () => 'sample stored' },
  'sample.damaged': { lane: 'client', format: ({ seq }) => `sample ${seq} damaged on the disk` },
  loaded: {
    lane: 'client',
    format: ({ first, last }) => `samples ${first} to ${last} read from the disk`,
    countAs: () => 'samples read from the disk',
  },
  'client.started': { lane: 'client', format: ({ life }) => `started (process ${life})` },
  'client.ended': {
    lane: 'client',
    format: ({ life, ...end }) => `${formatProcessEnd(end)} (process ${life})`,
  },
  'command.started': { lane: 'client', format: ({ command }) => `command ${command} started` },
  'command.ended': {
    lane: 'client',
    format: ({ command, ...end }) => `command ${command} ${formatProcessEnd(end)}`,
  },
  census: {
    lane: 'client',
    format: ({ timers, listeners, mostListeners, handles, storeBytes }) =>
      `${timers} timers, ${listeners} listeners, at most ${mostListeners} for one event, ${handles} handles, ${storeBytes} bytes stored`,
    countAs: () => OMITTED,
  },
  'client.looped': {
    lane: 'client',
    format: ({ callbacks, overMs }) => `runs in a loop: ${callbacks} callbacks in ${overMs / 1000} s`,
  },
  'client.configured': {
    lane: 'client',
    format: ({ outbox: { maxCount, maxAgeMs, whenFull } }) =>
      `configured with max_count ${maxCount}, max_age ${maxAgeMs / 1000} s, ${whenFull}`,
  },
  warning: { lane: 'client', format: ({ name, message }) => `${name}: ${printable(message)}` },
  log: {
    lane: 'client',
    format: ({ level, message }) => `${level}: ${printable(message)}`,
    countAs: ({ level }) => (OMITTED_LEVELS.includes(level) ? OMITTED : undefined),
  },

  'clock.stepped': {
    lane: 'client',
    format: ({ byMs }) => `the wall clock is stepped by ${byMs / 1000} s`,
  },
  'fault.began': {
    lane: 'faults',
    format: ({ fault, detail, step }) =>
      `${fault} started${detail === '' ? '' : `, ${printable(detail)}`} (step ${step})`,
  },
  'fault.ended': { lane: 'faults', format: ({ fault, step }) => `${fault} ended (step ${step})` },
};

/** Lane of an event. */
export function laneOf(event: TraceEvent): Lane {
  return formatOf(event).lane;
}

/** Formats an event as a short text after the name of its lane, without control characters. */
export function formatEvent(event: TraceEvent): string {
  return formatOf(event).format(event);
}

/**
 * Label under which a frequent event (a reply, a fix, a sample) is counted. Undefined for a notable event,
 * {@link OMITTED} for one that other events imply.
 */
export function countLabel(event: TraceEvent): string | undefined {
  return formatOf(event).countAs?.(event);
}

/** Each entry takes the events of its own key, which TypeScript cannot infer from the lookup. */
function formatOf({ type }: TraceEvent): EventFormat<TraceEventType> {
  return EVENT_FORMATS[type] as EventFormat<TraceEventType>;
}

function formatRegister(register: number): string {
  return `0x${register.toString(16).padStart(2, '0')}`;
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
  if (how === 'killed') return 'killed';
  if (how === 'power cut') return 'power cut';
  if (how === 'crashed') return `crashed: ${printable(error ?? 'no message')}`;
  const meaning = code === undefined ? undefined : EXIT_MEANINGS[code];
  return `exited with code ${code ?? 'unknown'}${meaning === undefined ? '' : `, ${meaning}`}`;
}

/** Whether a payload is a sample or a health report, which are JSON objects; others are words such as `offline`. */
function isReport(payload: string): boolean {
  return payload.startsWith('{');
}

/** Names a JSON payload by its sample number instead of showing it in full. */
function describePayload(payload: string): string {
  if (!isReport(payload)) return `"${printable(payload)}"`;
  const seq = /"seq":(\d+)/.exec(payload)?.[1];
  return seq === undefined ? 'a JSON object' : `sample ${seq}`;
}

function lastLevel(topic: string): string {
  return printable(topic.slice(topic.lastIndexOf('/') + 1));
}
