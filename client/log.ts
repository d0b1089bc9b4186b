import { pino } from 'pino';
import type { LevelWithSilent, Logger, LogFn } from 'pino';
import { prettyFactory } from 'pino-pretty';

/** A logger of pino. */
export type { Logger };

/** Where log lines go, each with its line break: a Writable, or anything else that takes text. */
export interface LogSink {
  write(line: string): unknown;
  /** A terminal gets its text in colours. */
  readonly isTTY?: boolean;
}

/** What is logged, how, and where to. */
export interface LogOptions {
  /** The least serious events that are logged. */
  readonly level: LevelWithSilent;
  /** One short line for people, or one JSON object for programs, per event. */
  readonly format: 'text' | 'json';
  readonly sink: LogSink;
}

/** Names under which no value is ever logged, whatever it is. */
const SECRET_NAMES = ['token', 'key', 'password', 'privateKey', 'didKey', 'bindKey'];

/** Deeper structures are not for a log line; it also ends those that contain themselves. */
const MAX_DEPTH = 4;

/**
 * A logger that writes to `sink` before its methods return. No secret and no bytes get there: values under the
 * name of a secret are replaced, and of a buffer only the length is told.
 */
export function createLogger({ level, format, sink }: LogOptions): Logger {
  const isText = format === 'text';
  return pino(
    {
      level,
      // Neither process nor host: the service manager adds them, and equal runs shall give equal lines.
      base: null,
      // A stack has no place in a line for people.
      ...(isText && { serializers: { err: summarize } }),
      // Only a path without a wildcard comes with the name it stands for.
      redact: { paths: [...SECRET_NAMES, '*'], censor: (value, [name]) => censored(name, value, 0) },
      hooks: { logMethod },
    },
    isText ? textSink(sink) : sink,
  );
}

/** Redaction sees neither a buffer in place of the log object nor what is formatted into the message. */
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

/** pino-pretty as a function: as a stream it would hand the lines on in a later turn of the event loop. */
function textSink(sink: LogSink): LogSink {
  const render = prettyFactory({
    colorize: sink.isTTY === true,
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
    errorLikeObjectKeys: [],
  });
  return { write: (line) => sink.write(render(JSON.parse(line, escaped))) };
}

/** Line breaks, and whatever else a terminal would take as a command, as escapes: names come from the air. */
function escaped(_name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value.replace(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
