/** The documents and their fenced blocks. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** A fenced block. Its info string is the language and, after a space, what the block is. */
export interface Block {
  readonly document: string;
  /** Which of the document's blocks it is, from 0. */
  readonly index: number;
  readonly line: number;
  readonly language: string;
  readonly label: string;
  readonly text: string;
}

/** Names of the documents, relative to the root. */
export function listDocuments(): string[] {
  const inDocs = readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' });
  return [
    'README.md',
    ...inDocs
      .filter((file) => file.endsWith('.md'))
      .map((file) => `docs/${file}`)
      .sort(),
  ];
}

export function readText(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}

const FENCED = /^```(\S+)(?: (.+))?\n([\s\S]*?)^```$/gm;

export function listBlocks(document: string): Block[] {
  const text = readText(document);
  return Array.from(text.matchAll(FENCED), (match, index) => ({
    document,
    index,
    line: text.slice(0, match.index).split('\n').length,
    language: match[1] ?? '',
    label: match[2] ?? '',
    text: match[3] ?? '',
  }));
}

/** The document without its fenced blocks. */
export function readProse(document: string): string {
  return readText(document).replaceAll(FENCED, '');
}

/** Puts another text into a block of its document, wherever that block stands by now. */
export function rewriteBlock({ document, index }: Block, body: string): void {
  let i = -1;
  const text = readText(document).replaceAll(FENCED, (block: string) => {
    if (++i !== index) return block;
    return `${block.slice(0, block.indexOf('\n') + 1)}${body}\`\`\``;
  });
  writeFileSync(path.join(root, document), text);
}
