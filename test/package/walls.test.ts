import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

/** Room, file that imports, what it imports, and a word of the reason that the linter must give. */
const forbidden: [file: string, imported: string, reason: string][] = [
  ['graph/a.ts', '../causality/x.ts', 'graph imports nothing of ours'],
  ['graph/b.ts', '../validator/x.ts', 'graph imports nothing of ours'],
  ['graph/deep/c.ts', '../../causality/x.ts', 'graph imports nothing of ours'],
  ['causality/a.ts', '../graph/x.ts', 'causality imports nothing of ours'],
  ['causality/b.ts', '../locks/x.ts', 'causality imports nothing of ours'],
  ['validator/a.ts', '../locks/x.ts', 'validator may import graph and causality'],
  ['validator/b.ts', '../executors/x.ts', 'validator may import graph and causality'],
  ['validator/c.ts', '../live/x.ts', 'validator may import graph and causality'],
  ['validator/d.ts', '../console.ts', 'validator may import graph and causality'],
  ['locks/a.ts', '../executors/x.ts', 'executors build on locks'],
  ['locks/b.ts', '../live/x.ts', 'imports go down only'],
  ['locks/c.ts', '../index.ts', 'imports go down only'],
  ['executors/a.ts', '../adapters/x.ts', 'imports go down only'],
  ['executors/b.ts', '../register.ts', 'imports go down only'],
  ['adapters/a.ts', './x.ts', 'Adapters never import each other'],
  ['adapters/c.ts', './other/x.ts', 'Adapters never import each other'],
  ['adapters/b.ts', '../cli/x.ts', 'imports go down only'],
  ['adapters/library/a.ts', '../x.ts', 'Adapters never import each other'],
  ['adapters/library/b.ts', '../other/x.ts', 'Adapters never import each other'],
  ['adapters/library/c.ts', '../../cli/x.ts', 'imports go down only'],
  ['adapters/shared/a.ts', '../x.ts', 'Adapters never import each other'],
  ['report/a.ts', '../validator/x.ts', 'types only'],
  ['report/b.ts', '../live/x.ts', 'types only'],
  ['report/c.ts', '../cli/x.ts', 'imports go down only'],
  ['merge/a.ts', '../cli/x.ts', 'imports go down only'],
  ['validator/e.ts', '../merge/x.ts', 'validator may import graph and causality'],
  ['report/d.ts', '../merge/x.ts', 'types only'],
  ['trace/a.ts', '../runners/x.ts', 'imports go down only'],
  ['live/a.ts', '../index.ts', 'imports go down only'],
  ['live/b.ts', '../process-validator.ts', 'imports go down only'],
  ['locks/d.ts', 'lockdep', 'by relative path'],
  ['adapters/d.ts', 'lockdep/register', 'by relative path'],
  ['adapters/e.ts', '../entries/x.ts', 'imports go down only'],
  ['adapters/shared/b.ts', '../../loading/x.ts', 'imports go down only'],
  ['validator/f.ts', '../loading/x.ts', 'validator may import graph and causality'],
];

/** Imports that stand close to a wall, on the right side of it. */
const allowed: [file: string, line: string][] = [
  ['graph/ok.ts', "export { x } from './x.ts';"],
  ['graph/deep/ok.ts', "export { x } from '../x.ts';"],
  ['validator/ok.ts', "export { x } from '../graph/x.ts';\nexport { x as y } from '../causality/x.ts';"],
  ['locks/ok.ts', "export { x } from '../validator/x.ts';"],
  ['executors/ok.ts', "export { x } from '../locks/x.ts';"],
  ['adapters/ok.ts', "export { x } from './shared/x.ts';\nexport { x as y } from '../locks/x.ts';"],
  ['adapters/library/ok.ts', "export { x } from '../shared/x.ts';\nexport { x as y } from './x.ts';"],
  ['adapters/library/down.ts', "export { x } from '../../validator/x.ts';"],
  ['report/ok.ts', "export type { x } from '../validator/x.ts';\nexport { x as y } from './x.ts';"],
  ['trace/ok.ts', "export { x } from '../report/x.ts';\nexport { x as y } from '../validator/x.ts';"],
  ['merge/ok.ts', "export { x } from '../validator/x.ts';\nexport { x as y } from '../graph/x.ts';"],
  ['live/ok.ts', "export { x } from '../locks/x.ts';"],
  ['cli/ok.ts', "export { x } from '../report/x.ts';\nexport { x as y } from '../console.ts';"],
  ['runners/ok.ts', "export { x } from '../live/x.ts';"],
  ['index.ts', "export { x } from './locks/x.ts';"],
  ['register.ts', "export { x } from './adapters/ok.ts';"],
  [
    'entries/ok.ts',
    "export { x } from '../adapters/ok.ts';\nexport { x as y } from '../process-validator.ts';",
  ],
  ['loading/ok.ts', "export { x } from '../adapters/shared/x.ts';"],
];

/** Files that break a rule that is no wall. */
const faulty: [file: string, text: string, rule: string][] = [
  ['graph/prints.ts', "console.log('x');\n", 'no-console'],
  ['graph/default.ts', 'export default 1;\n', 'no-default-export'],
  [
    'graph/cycle.ts',
    "import { back } from './cycle-back.ts';\nexport const there: unknown = () => back;\n",
    'no-cycle',
  ],
  [
    'graph/cycle-back.ts',
    "import { there } from './cycle.ts';\nexport const back: unknown = () => there;\n",
    'no-cycle',
  ],
];

interface Diagnostic {
  code: string;
  filename: string;
  message: string;
  help: string;
}

let diagnostics: Diagnostic[];
let numberOfFiles: number;
const directory = mkdtempSync(path.join(tmpdir(), 'lockdep-walls-'));

beforeAll(() => {
  copyFileSync(path.join(root, '.oxlintrc.json'), path.join(directory, '.oxlintrc.json'));
  for (const [file, imported] of forbidden) write(file, `export { x } from '${imported}';\n`);
  for (const [file, text] of [...allowed, ...faulty]) write(file, `${text}\n`);

  const oxlint = path.join(root, 'node_modules/oxlint/bin/oxlint');
  const result = spawnSync(process.execPath, [oxlint, '--format=json'], { cwd: directory, encoding: 'utf8' });
  expect(result.status, result.stderr).toBe(1);
  const output = JSON.parse(result.stdout) as { diagnostics: Diagnostic[]; number_of_files: number };
  ({ diagnostics, number_of_files: numberOfFiles } = output);
});

afterAll(() => rmSync(directory, { recursive: true }));

describe('the linter', () => {
  it('reads every file it was given', () => {
    expect(numberOfFiles).toBe(forbidden.length + allowed.length + faulty.length);
  });

  it.each(forbidden)('stops %s from importing %s', (file, _imported, reason) => {
    expect(found(file)).toEqual([expect.stringMatching(`no-restricted-imports.*${reason}`)]);
  });

  it.each(allowed)('lets %s import from below', (file) => {
    expect(found(file)).toEqual([]);
  });

  it.each(faulty)('stops %s', (file, _text, rule) => {
    expect(found(file)).toEqual([expect.stringContaining(rule)]);
  });
});

it('every room has a wall', () => {
  const top = [
    'cli',
    'runners',
    'entries',
    'loading',
    'adapter.ts',
    'register.ts',
    'index.ts',
    'console.ts',
    'process-validator.ts',
    'production.ts',
  ];
  const walled = new Set([...top, ...forbidden.map(([file]) => file.split('/')[0])]);
  const rooms = readdirSync(path.join(root, 'src'));

  expect(rooms.length).toBeGreaterThan(0);
  expect(rooms.filter((room) => !walled.has(room))).toEqual([]);
});

function write(file: string, text: string): void {
  const target = path.join(directory, 'src', file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, text);
}

function found(file: string): string[] {
  return diagnostics
    .filter(({ filename }) => path.normalize(filename) === path.normalize(`src/${file}`))
    .map(({ code, message, help }) => `${code}: ${message} ${help}`);
}
