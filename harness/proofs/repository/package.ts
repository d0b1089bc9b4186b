import { dirname, join } from 'node:path/posix';

/** What npm packs whether it is listed or not. */
const ALWAYS_PACKED = ['package.json'];

const LINK = /\[([^\]]*)\]\(([^)\s]+)\)/g;
/** Blocks of code, in which brackets mean something else. */
const CODE_BLOCK = /^```.*?^```/gms;

/** A link of a page of the repository. */
export interface Link {
  readonly label: string;
  readonly target: string;
}

/** The links of a page to other files of the repository, and to its own headings. */
export function relativeLinks(text: string): Link[] {
  const links = Array.from(text.replaceAll(CODE_BLOCK, '').matchAll(LINK), ([, label = '', target = '']) => ({
    label,
    target,
  }));
  return links.filter(({ target }) => isRelative(target));
}

/** The path in the repository that a link leads to. @param page its page, as a path from the root */
export function pathOf(target: string, page: string): string {
  const [path = ''] = target.split('#');
  return path === '' ? page : join(dirname(page), path);
}

/** Whether a path is in the package. @param files the list of package.json */
export function isPacked(path: string, files: readonly string[]): boolean {
  return [...files, ...ALWAYS_PACKED].some((packed) => path === packed || path.startsWith(`${packed}/`));
}

/**
 * A page as it is packed: links to files that are only in the repository are reduced to their labels.
 * @param page its path from the root
 */
export function packedPage(text: string, page: string, files: readonly string[]): string {
  const reduce = (prose: string): string =>
    prose.replaceAll(LINK, (link, label: string, target: string) =>
      isRelative(target) && !isPacked(pathOf(target, page), files) ? label : link,
    );
  const blocks = text.match(CODE_BLOCK) ?? [];
  return text
    .split(CODE_BLOCK)
    .map((prose, index) => reduce(prose) + (blocks[index] ?? ''))
    .join('');
}

function isRelative(target: string): boolean {
  return !/^[a-z]+:/.test(target);
}
