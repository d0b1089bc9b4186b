import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isPacked, packedPage, pathOf, relativeLinks } from './package.ts';
import { filesOf, ROOT, textOf } from './testing/texts.ts';

const DOCUMENTS = filesOf(['.md']);

/** A document without its blocks of code, in which brackets mean something else. */
function prose(file: string): string {
  return textOf(file).replaceAll(/^```.*?^```/gms, '');
}

/** The anchors of the headings of a document, as GitHub makes them. */
function anchorsOf(file: string): string[] {
  return Array.from(prose(file).matchAll(/^#+ (.+)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('the package', () => {
  const { files } = JSON.parse(textOf('package.json')) as { files: string[] };
  const pages = DOCUMENTS.filter((page) => isPacked(page, files));

  it('has pages whose links lead to files in the package', () => {
    const broken = pages.flatMap((page) =>
      relativeLinks(packedPage(textOf(page), page, files))
        .filter(({ target }) => !isPacked(pathOf(target, page), files))
        .map(({ target }) => `${page}: ${target}`),
    );
    expect(pages).toContain('docs/architecture.md');
    expect(broken).toEqual([]);
  });

  it('has pages that differ from those of the repository in such links only', () => {
    const text = (page: string): string => textOf(page).replaceAll(/\[([^\]]*)\]\([^)\s]+\)/g, '$1');
    for (const page of pages) {
      const packed = packedPage(textOf(page), page, files);
      expect(packed.replaceAll(/\[([^\]]*)\]\([^)\s]+\)/g, '$1')).toBe(text(page));
    }
    expect(
      packedPage('[a](client/b.ts) [c](docs/client.md#d) [e](https://f) [g](#h)', 'README.md', files),
    ).toBe('a [c](docs/client.md#d) [e](https://f) [g](#h)');
    expect(packedPage('[a](../client/b.ts)\n```\n[c](d.ts)\n```\n', 'docs/x.md', files)).toBe(
      'a\n```\n[c](d.ts)\n```\n',
    );
  });

  it('has a README whose links are all kept', () => {
    const links = relativeLinks(textOf('README.md'));
    expect(links.filter(({ target }) => !isPacked(pathOf(target, 'README.md'), files))).toEqual([]);
  });
});

describe.each(DOCUMENTS)('%s', (document) => {
  it('links to files and headings that exist', () => {
    const broken = relativeLinks(textOf(document)).filter(({ target: link }) => {
      const [, anchor] = link.split('#');
      const target = pathOf(link, document);
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && !anchorsOf(target).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const named = Array.from(
      textOf(document).matchAll(/npm run (?:-s )?([\w:-]+)/g),
      ([, name = '']) => name,
    );
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});
