import { pino } from 'pino';
import type { LevelWithSilent, Logger, LogFn } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { formatFields } from './log-fields.ts';
import { printable } from './printable.ts';

/** The logger, from pino. */
export type { Logger };

/** The destination of log lines, each with its line break: a Writable, or anything else with a `write`. */
export interface LogSink {
  write(line: string): unknown;
  /** Whether text is coloured. */
  readonly hasColours?: boolean;
}

/** Level, format and destination of a log. */
export interface LogOptions {
  /** Minimum level of the events that are logged. */
  readonly level: LevelWithSilent;
  /** Per event, one short line for people, or one JSON object for programs. */
  readonly format: 'text' | 'json';
  readonly sink: LogSink;
}

/** Names whose values are never logged. */
const SECRET_NAMES = ['token', 'key', 'password', 'privateKey', 'didKey', 'bindKey'];

/** Maximum depth of a logged structure; also terminates circular ones. */
const MAX_DEPTH = 4;

/**
 * Creates a logger that writes to `sink` synchronously. Secrets and bytes are not logged: values with the name of a
 * secret are replaced, and a buffer is logged as its length.
 */
export function createLogger({ level, format, sink }: LogOptions): Logger {
  const isText = format === 'text';
  return pino(
    {
      level,
      // Neither process id nor host: the service manager adds them, and equal runs must give equal lines.
      base: null,
      // No stack traces in lines for people.
      ...(isText && { serializers: { err: summarize } }),
      // pino passes the name of the value only for paths without a wildcard.
      redact: { paths: [...SECRET_NAMES, '*'], censor: (value, [name]) => censored(name, value, 0) },
      hooks: { logMethod },
    },
    isText ? textSink(sink, sink.hasColours === true) : sink,
  );
}

/** Handles what pino does not redact: a buffer in place of the log object, and values formatted into the message. */
function logMethod(this: Logger, [object, ...rest]: Parameters<LogFn>, method: LogFn): void {
  const args = [isBytes(object) ? loggable(object, 0) : object, ...rest.map((value) => loggable(value, 0))];
  method.apply(this, args as Parameters<LogFn>);
}

function censored(name: string | undefined, value: unknown, depth: number): unknown {
  return SECRET_NAMES.some((secret) => secret === name) ? '[secret]' : loggable(value, depth);
}

function loggable(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isBytes(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Error) return summarize(value);
  if (value instanceof Date) return value;
  if (depth === MAX_DEPTH) return '[…]';
  if (Array.isArray(value)) return value.map((item) => loggable(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, censored(name, inner, depth + 1)]),
  );
}

function isBytes(value: unknown): value is ArrayBuffer | NodeJS.ArrayBufferView {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

/** An error with its causes in one line. */
function summarize(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { message } = pino.stdSerializers.err(error);
  return `${'code' in error ? String(error.code) : error.name}: ${message}`;
}

/** Uses pino-pretty as a function: as a stream it would write lines in a later turn of the event loop. */
function textSink(sink: LogSink, colorize: boolean): LogSink {
  const render = prettyFactory({
    colorize,
    colorizeObjects: false,
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss',
    hideObject: true,
    messageFormat: ({ level: _level, time: _time, msg, ...fields }) =>
      `${typeof msg === 'string' ? msg : ''}${formatFields(fields)}`,
  });
  return { write: (line) => sink.write(render(JSON.parse(line, escaped))) };
}

/** Escapes control characters: names of devices are received by radio. */
function escaped(_name: string, value: unknown): unknown {
  return typeof value === 'string' ? printable(value) : value;
}
