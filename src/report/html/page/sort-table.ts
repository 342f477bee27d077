import { createButton } from './dom.ts';

function readCell(row: HTMLTableRowElement, column: number): number | string {
  const cell = row.cells[column];
  const value = cell?.dataset['value'];
  return value === undefined ? (cell?.textContent ?? '') : Number(value);
}

function compare(a: number | string, b: number | string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Makes the heads of a table sort it: numbers from the largest, text from the first. */
export function makeSortable(table: HTMLTableElement): void {
  const [body] = table.tBodies;
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])];
  if (body === undefined) return;
  for (const [column, head] of heads.entries()) {
    const sort = (): void => {
      const rows = [...body.rows];
      const isNumber = rows[0]?.cells[column]?.dataset['value'] !== undefined;
      const before = head.getAttribute('aria-sort');
      const isDescending = before === null ? isNumber : before === 'ascending';
      rows.sort((a, b) => compare(readCell(a, column), readCell(b, column)) * (isDescending ? -1 : 1));
      body.append(...rows);
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', isDescending ? 'descending' : 'ascending');
    };
    head.replaceChildren(createButton(head.textContent ?? '', sort));
  }
}
