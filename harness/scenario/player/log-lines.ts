import type { EventContent } from '../../world/trace/event.ts';

/** Names of pino's log levels. */
const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

/** Fields that every line has, or that differ from run to run. */
const OMITTED_FIELDS: readonly string[] = ['level', 'time', 'msg', 'stack'];

/** Records the client's log lines as trace events. Replaces `folder`, which differs from run to run, by `~`. */
export function recordLogLines(text: string, folder: string, record: (event: EventContent) => void): void {
  for (const line of text.replaceAll(folder, '~').split('\n')) {
    if (line === '') continue;
    const { level, message } = parseLine(line);
    record({ type: 'log', level, message });
  }
}

/** Parses a JSON log line, or plain text that a command has written. */
function parseLine(line: string): { level: string; message: string } {
  if (!line.startsWith('{')) return { level: 'error', message: line };
  const fields = JSON.parse(line) as Record<string, unknown>;
  const details = Object.entries(fields).filter(([name]) => !OMITTED_FIELDS.includes(name));
  const rest = details.map(([name, value]) => `${name} ${formatValue(value)}`).join(', ');
  const message = String(fields['msg']);
  return {
    level: LEVELS[Number(fields['level'])] ?? String(fields['level']),
    message: rest === '' ? message : `${message} (${rest})`,
  };
}

/** Formats a field. The stack of an error is omitted, because it contains paths of this machine. */
function formatValue(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'message' in value) return String(value.message);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
