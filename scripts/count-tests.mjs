// Sums vitest's JSON reports into the one line that CI reads: `node scripts/count-tests.mjs <report…>`.
// A report that is missing, or in which nothing passed or something failed, is a failure: a check that
// looked at zero things fails.
import { readFileSync } from 'node:fs';
import path from 'node:path';

const totals = { passed: 0, failed: 0, skipped: 0 };
let isGood = process.argv.length > 2;

for (const file of process.argv.slice(2)) {
  const name = path.basename(file, '.json');
  const counts = readCounts(file);
  if (!counts) {
    console.log(`${name}: no report`);
    isGood = false;
    continue;
  }
  console.log(`${name}: ${format(counts)}`);
  for (const test of counts.skippedNames) console.log(`  skipped: ${test}`);
  for (const key of Object.keys(totals)) totals[key] += counts[key];
  if (counts.passed === 0 || counts.failed > 0) isGood = false;
}

console.log(format(totals));
process.exitCode = isGood ? 0 : 1;

function readCounts(file) {
  try {
    return count(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

function count(report) {
  const tests = report.testResults.flatMap((suite) => suite.assertionResults);
  const skipped = tests.filter((test) => !['passed', 'failed'].includes(test.status));
  const failed = tests.filter((test) => test.status === 'failed').length;
  // A file that did not load has no tests to fail.
  const broken = report.testResults.filter(
    (suite) => suite.status === 'failed' && suite.assertionResults.length === 0,
  );
  return {
    passed: tests.length - failed - skipped.length,
    failed: failed + broken.length,
    skipped: skipped.length,
    skippedNames: skipped.map((test) => test.fullName),
  };
}

function format({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
