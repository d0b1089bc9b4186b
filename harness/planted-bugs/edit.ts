import { ClientError } from '../../client/errors.ts';
import type { Bug } from './bug.ts';
import { compile } from './compile.ts';

/** Returns the text of a source file. */
export type ReadSource = (file: string) => string;

/**
 * Compiles the files that a bug edits.
 * @returns the compiled text by source file
 * @throws ClientError `config` if an edit does not apply or its result does not parse
 */
export function compileBug(bug: Bug, read: ReadSource): ReadonlyMap<string, string> {
  const compiled = new Map<string, string>();
  for (const [file, text] of editedFiles(bug, read)) {
    try {
      compiled.set(file, compile(text));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw invalid(bug, `${file} does not parse with the edits of '${bug.id}', correct them: ${reason}`);
    }
  }
  return compiled;
}

/** What prevents bugs from being planted, one message for each bug. */
export function plantingErrors(bugs: readonly Bug[], read: ReadSource): readonly string[] {
  return bugs.flatMap((bug) => {
    try {
      compileBug(bug, read);
      return [];
    } catch (error) {
      if (error instanceof ClientError) return [error.message];
      throw error;
    }
  });
}

/** Applies the edits of a bug in their order. */
function editedFiles(bug: Bug, read: ReadSource): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const [index, { file, find, replace }] of bug.edits.entries()) {
    const text = texts.get(file) ?? readOf(bug, file, read);
    const what = `the text of edit ${index + 1} of '${bug.id}'`;
    const [head = '', tail, ...more] = text.split(find);
    if (tail === undefined || more.length > 0) {
      const times = tail === undefined ? 0 : more.length + 1;
      const advice = times === 0 ? 'adapt it to the file of today' : 'make it longer until it occurs once';
      throw invalid(bug, `${what} occurs ${times} times in ${file}, ${advice}`);
    }
    if (find === replace) throw invalid(bug, `${what} is its own replacement, change one of them`);
    texts.set(file, head + replace + tail);
  }
  return texts;
}

function readOf(bug: Bug, file: string, read: ReadSource): string {
  try {
    return read(file);
  } catch (cause) {
    throw invalid(bug, `'${bug.id}' edits ${file}, which does not exist: name the file of today`, cause);
  }
}

function invalid({ set }: Bug, message: string, cause?: unknown): ClientError {
  return new ClientError('config', `${set}.toml: ${message}`, { cause });
}
