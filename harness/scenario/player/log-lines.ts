import type { EventContent } from '../../world/trace/event.ts';

/** pino's numbers. */
const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

/** Fields that every line has, and those of which no two runs have the same. */
const OMITTED_FIELDS: readonly string[] = ['level', 'time', 'msg', 'stack'];

/** Tells what the client has said, in the words of the trace; `folder` is another one in each run. */
export function recordLogLines(text: string, folder: string, tell: (happening: EventContent) => void): void {
  for (const line of text.replaceAll(folder, '~').split('\n')) {
    if (line === '') continue;
    const { level, message } = parseLine(line);
    tell({ type: 'log', level, message });
  }
}

/** A log line, or whatever else a command has written. */
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

/** An error is told by its message: its stack has places of this machine in it. */
function formatValue(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'message' in value) return String(value.message);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
