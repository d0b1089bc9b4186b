import { parseTOML } from 'toml-eslint-parser';
import type { AST } from 'toml-eslint-parser';

/** A position in a file; line and column are counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Keys from the top of a file down, with indices, from 0, for elements of arrays. */
export type Path = readonly (string | number)[];

/** Start of a key and start of its value; for a section both are the name in its header. */
interface KeyPositions {
  readonly key: Position;
  readonly value: Position;
}

/** Start of the file: the position reported for a section that is missing. */
export const FILE_START: Position = { line: 1, column: 1 };

/** The positions of all keys in one TOML text. */
export class Positions {
  readonly #positions = new Map<string, KeyPositions>();
  /** Values that are neither texts nor tables, as they are written. */
  readonly #written = new Map<string, string>();
  readonly #text: string;
  readonly #lines: readonly string[];

  /**
   * @param original the text before lines were corrected: no position is outside of it
   * @throws ParseError of toml-eslint-parser if `text` is not TOML
   */
  constructor(text: string, original: string = text) {
    this.#text = text;
    this.#lines = original.split('\n');
    for (const item of parseTOML(text, { tomlVersion: '1.1' }).body[0].body) {
      if (item.type === 'TOMLKeyValue') this.#addKeyValue([], item);
      else this.#addTable(item);
    }
  }

  /** The position of the key, section or element at `path`; `undefined` if the text does not contain it. */
  of(path: Path, part: keyof KeyPositions): Position | undefined {
    const position = this.#positions.get(JSON.stringify(path))?.[part];
    if (!position) return undefined;
    const { line, column } = position;
    return { line, column: Math.min(column, (this.#lines[line - 1]?.length ?? 0) + 1) };
  }

  /** The position of the first of `paths` that the text contains, else of the innermost table around one of them. */
  nearest(paths: readonly Path[], part: keyof KeyPositions): Position | undefined {
    const [position] = [...paths, ...paths.flatMap(parents)].flatMap((path) => this.of(path, part) ?? []);
    return position;
  }

  /** A number, boolean or date as it is written in the text; `undefined` if there is none at `path`. */
  written(path: Path): string | undefined {
    return this.#written.get(JSON.stringify(path));
  }

  #addTable({ key, resolvedKey, body }: AST.TOMLTable): void {
    let index = -1;
    const path = resolvedKey.reduce<Path>((outer, step) => {
      if (typeof step === 'string') index += 1;
      const part = key.keys[index];
      return part ? this.#add([...outer, step], startOf(part)) : outer;
    }, []);
    for (const item of body) this.#addKeyValue(path, item);
  }

  /** Each part of a dotted key has its own position; the value belongs to the last part. */
  #addKeyValue(outer: Path, { key, value }: AST.TOMLKeyValue): void {
    const path = key.keys.reduce<Path>((inner, part, index) => {
      const position = startOf(part);
      const isLast = index === key.keys.length - 1;
      return this.#add([...inner, nameOf(part)], position, isLast ? startOf(value) : position);
    }, outer);
    this.#addInside(path, value);
  }

  #addInside(path: Path, value: AST.TOMLContentNode): void {
    const id = JSON.stringify(path);
    if (value.type === 'TOMLValue' && value.kind !== 'string' && !this.#written.has(id)) {
      this.#written.set(id, this.#text.slice(...value.range));
    }
    if (value.type === 'TOMLInlineTable') {
      for (const item of value.body) this.#addKeyValue(path, item);
    } else if (value.type === 'TOMLArray') {
      value.elements.forEach((element, index) =>
        this.#addInside(this.#add([...path, index], startOf(element)), element),
      );
    }
  }

  /** The first occurrence counts: the header of a section, not those of its subsections. */
  #add(path: Path, key: Position, value: Position = key): Path {
    const id = JSON.stringify(path);
    if (!this.#positions.has(id)) this.#positions.set(id, { key, value });
    return path;
  }
}

/** The paths of everything that contains a path, the innermost first. */
function parents(path: Path): Path[] {
  return path.slice(1).map((_, index) => path.slice(0, path.length - 1 - index));
}

function nameOf(part: AST.TOMLBare | AST.TOMLQuoted): string {
  return part.type === 'TOMLBare' ? part.name : part.value;
}

function startOf({ loc }: AST.TOMLNode): Position {
  return { line: loc.start.line, column: loc.start.column + 1 };
}
