import { parseTOML } from 'toml-eslint-parser';
import type { AST } from 'toml-eslint-parser';

/** A place in a file, both counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

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

  /** The place of the key or section at `path`, `undefined` if the text does not mention it. */
  of(path: readonly string[], part: keyof Place): Position | undefined {
    return this.#places.get(JSON.stringify(path))?.[part];
  }

  #addTable(table: AST.TOMLTable): void {
    const path = this.#addKey([], table.key);
    for (const item of table.body) this.#addKeyValue(path, item);
  }

  #addKeyValue(above: readonly string[], { key, value }: AST.TOMLKeyValue): void {
    const path = this.#addKey(above, key, positionOf(value));
    if (value.type !== 'TOMLInlineTable') return;
    for (const item of value.body) this.#addKeyValue(path, item);
  }

  /** Adds each part of a dotted key, the last one with `value`, and returns its full path. */
  #addKey(above: readonly string[], { keys }: AST.TOMLKey, value?: Position): readonly string[] {
    return keys.reduce((path, part, index) => {
      const longer = [...path, part.type === 'TOMLBare' ? part.name : part.value];
      const key = positionOf(part);
      const id = JSON.stringify(longer);
      const place = { key, value: index === keys.length - 1 ? (value ?? key) : key };
      if (!this.#places.has(id)) this.#places.set(id, place);
      return longer;
    }, above);
  }
}

function positionOf({ loc }: AST.TOMLNode): Position {
  return { line: loc.start.line, column: loc.start.column + 1 };
}
