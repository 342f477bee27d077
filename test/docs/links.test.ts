import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { listDocuments, readProse, root } from './documents.ts';

/** How GitHub makes an anchor of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}

function listAnchors(document: string): string[] {
  return Array.from(readProse(document).matchAll(/^#+ (.+)$/gm), ([, heading = '']) => anchorOf(heading));
}

function listLinks(document: string): string[] {
  return Array.from(readProse(document).matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target).filter(
    (target) => !/^https?:/.test(target),
  );
}

function isBroken(document: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? document : path.posix.join(path.posix.dirname(document), file);
  if (!existsSync(path.join(root, target))) return true;
  return anchor !== undefined && !listAnchors(target).includes(anchor);
}

describe.each(listDocuments())('%s', (document) => {
  test('has no link that leads nowhere', () => {
    const links = listLinks(document);
    expect(links.filter((link) => isBroken(document, link))).toEqual([]);
  });

  test('names no file that does not exist', () => {
    const named = Array.from(
      readProse(document).matchAll(/`((?:src|test|fixtures|docs)\/[\w./-]+)`/g),
      ([, file = '']) => file,
    );
    expect(named.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  });
});

test('there are links to look at', () => {
  expect(listDocuments().flatMap(listLinks).length).toBeGreaterThan(30);
});
