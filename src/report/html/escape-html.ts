/**
 * Whatever comes from the watched program is escaped here, whether it stands in an element, in an attribute
 * or in a script: no `<` of theirs is in the file, so nothing of theirs can begin or end an element.
 */
import { escapeText } from '../escape.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for an element or a quoted attribute; what is not plainly visible is spelled out. */
export function escapeHtml(text: string): string {
  return escapeText(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** Escapes a source line, in which tabs are but space. */
export function escapeSource(source: string): string {
  return escapeHtml(source.replaceAll('\t', ' '));
}

/** Writes plain data for a `<script type="application/json">`; it reads back as it was. */
export function embedJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
