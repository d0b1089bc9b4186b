import { parseTOML } from 'toml-eslint-parser';
import type { AST } from 'toml-eslint-parser';

/** A place in a file, both counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Keys from the top of a file down, and indices, from 0, of what stands in arrays. */
export type Path = readonly (string | number)[];

/** Where a key stands, and where its value begins; for a section both are the name in its header. */
interface Place {
  readonly key: Position;
  readonly value: Position;
}

/** Start of the file: the place of what is missing altogether. */
export const FILE_START: Position = { line: 1, column: 1 };

/** The places of the keys in one TOML text. */
export class Positions {
  readonly #places = new Map<string, Place>();

  /** @throws ParseError of toml-eslint-parser if `text` is not TOML */
  constructor(text: string) {
    for (const item of parseTOML(text, { tomlVersion: '1.1' }).body[0].body) {
      if (item.type === 'TOMLKeyValue') this.#addKeyValue([], item);
      else this.#addTable(item);
    }
  }

  /** The place of the key, section or element at `path`, `undefined` if the text does not mention it. */
  of(path: Path, part: keyof Place): Position | undefined {
    return this.#places.get(JSON.stringify(path))?.[part];
  }

  /** The place of the first of `paths` that the text mentions, else of the innermost that a path lies in. */
  nearest(paths: readonly Path[], part: keyof Place): Position | undefined {
    const [place] = [...paths, ...paths.flatMap(above)].flatMap((path) => this.of(path, part) ?? []);
    return place;
  }

  #addTable({ key, resolvedKey, body }: AST.TOMLTable): void {
    let index = -1;
    const path = resolvedKey.reduce<Path>((outer, step) => {
      if (typeof step === 'string') index += 1;
      const part = key.keys[index];
      return part ? this.#add([...outer, step], positionOf(part)) : outer;
    }, []);
    for (const item of body) this.#addKeyValue(path, item);
  }

  /** Each part of a dotted key has its own place, and the value belongs to the last one. */
  #addKeyValue(outer: Path, { key, value }: AST.TOMLKeyValue): void {
    const path = key.keys.reduce<Path>((inner, part, index) => {
      const position = positionOf(part);
      const isLast = index === key.keys.length - 1;
      return this.#add([...inner, nameOf(part)], position, isLast ? positionOf(value) : position);
    }, outer);
    this.#addInside(path, value);
  }

  #addInside(path: Path, value: AST.TOMLContentNode): void {
    if (value.type === 'TOMLInlineTable') {
      for (const item of value.body) this.#addKeyValue(path, item);
    } else if (value.type === 'TOMLArray') {
      value.elements.forEach((element, index) =>
        this.#addInside(this.#add([...path, index], positionOf(element)), element),
      );
    }
  }

  /** The first mention counts: a header above its subsections. */
  #add(path: Path, key: Position, value: Position = key): Path {
    const id = JSON.stringify(path);
    if (!this.#places.has(id)) this.#places.set(id, { key, value });
    return path;
  }
}

/** What a path lies in, the innermost first. */
function above(path: Path): Path[] {
  return path.slice(1).map((_, index) => path.slice(0, path.length - 1 - index));
}

function nameOf(part: AST.TOMLBare | AST.TOMLQuoted): string {
  return part.type === 'TOMLBare' ? part.name : part.value;
}

function positionOf({ loc }: AST.TOMLNode): Position {
  return { line: loc.start.line, column: loc.start.column + 1 };
}
