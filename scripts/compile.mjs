// Compiles one TypeScript project into an empty folder: `node scripts/compile.mjs <tsconfig> <folder>`.
// Old output goes first, so that no file outlives its source.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

const [project, folder] = process.argv.slice(2);
const root = path.dirname(import.meta.dirname);
process.chdir(root);

rmSync(folder, { recursive: true, force: true });
const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project], {
  stdio: 'inherit',
});

const { bin } = JSON.parse(readFileSync('package.json', 'utf8'));
for (const file of Object.values(bin).map((name) => path.normalize(name))) {
  if (file.startsWith(folder + path.sep) && existsSync(file)) chmodSync(file, 0o755);
}
process.exitCode = status ?? 1;
