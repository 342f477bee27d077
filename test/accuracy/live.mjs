/**
 * How often is a live deadlock told where there is one, and where there is none? Random programs run under random
 * schedules on the real locks, in process; whether a schedule comes to its end is the truth.
 *   npm run build && node test/accuracy/live.mjs [--schedules 10000] [--seed 1] [--json]
 * Of each kind as many schedules are run as it takes until so many have ended, and so many hang.
 */
import { parseArgs } from 'node:util';
import { play as playSteps } from './live-steps.mjs';
import { play as playScopes } from './live-scopes.mjs';
import { Random } from './random.mjs';

/** Seeds of the command are so far apart that their programs are different ones. */
const SEED_STRIDE = 10_000_000;

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const [wanted, seed] = ['schedules', 'seed'].map((name) => {
  const number = Number(values[name]);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new Error(`Expected --${name} to be an integer ≥ 1, got "${values[name]}".`);
  return number;
});

/** @typedef {{ isStuck: boolean, isTold: boolean, wasFalse: boolean, isCertain: boolean }} Outcome */

/** @param {string} name @param {(random: Random) => Promise<Outcome>} play */
async function measure(name, play) {
  const row = { name, ended: 0, falseAlarms: 0, hung: 0, missed: 0, certain: 0 };
  for (let number = seed * SEED_STRIDE; row.ended < wanted || row.hung < wanted; number++) {
    const { isStuck, isTold, wasFalse, isCertain } = await play(new Random(number));
    if (isStuck ? row.hung >= wanted : row.ended >= wanted) continue;
    if (isStuck) {
      row.hung++;
      if (!isTold) row.missed++;
      if (isCertain) row.certain++;
    } else {
      row.ended++;
      if (wasFalse) row.falseAlarms++;
    }
  }
  return row;
}

const rows = [
  await measure('acquire and release, in any order', playSteps),
  await measure('`run`, nested, side by side, and not awaited', playScopes),
];
if (values.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
else {
  const lines = rows.map((row) => `| ${Object.values(row).join(' | ')} |`);
  const head =
    '| locks are taken by | schedules that ended | false alarms | that hung | missed | certain at once |';
  process.stdout.write(`${[head, '|---|---|---|---|---|---|', ...lines].join('\n')}\n`);
}
