import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesOf, ROOT, textOf } from './testing/texts.ts';

const DOCUMENTS = filesOf(['.md']);

/** A document without its blocks of code, in which brackets mean something else. */
function prose(file: string): string {
  return textOf(file).replaceAll(/^```.*?^```/gms, '');
}

/** The targets of the relative links of a document. */
function relativeLinks(file: string): string[] {
  const targets = Array.from(prose(file).matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
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

it('the packed README links to packed pages only', () => {
  const { files } = JSON.parse(textOf('package.json')) as { files: string[] };
  const missing = relativeLinks('README.md').filter((link) => {
    const [path = ''] = link.split('#');
    return !files.some((packed) => path === packed || path.startsWith(`${packed}/`));
  });
  expect(missing).toEqual([]);
});

describe.each(DOCUMENTS)('%s', (document) => {
  it('links to files and headings that exist', () => {
    const broken = relativeLinks(document).filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? document : join(dirname(document), path);
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && !anchorsOf(target).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const named = Array.from(textOf(document).matchAll(/npm run (?:-s )?([\w:]+)/g), ([, name = '']) => name);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});
