import { describe, expect, test } from 'vitest';
import { readVersion, runCli } from './command.ts';

const exitStatus = `Exit status:
  0  clean
  1  a finding as grave as --fail-on says
  2  misuse, or input that cannot be read
`;

const help = `Usage: lockdep <command> [options]

Finds deadlocks in asynchronous programs before they happen.

Commands:
  run [options] <script> [args…]  Runs a program watched; reports on stderr at its end, and passes its failing status on.
  check [options] <trace…>        Replays event traces and reports; "-" reads stdin. Never explores schedules.
  report [options] <snapshot…>    Renders saved snapshots, merged.
  merge [-o FILE] <snapshot…>     Makes one snapshot out of many; whatever the order, and however often one is given.
  diff [options] <old> <new>      Tells the findings, classes and edges that are new in a snapshot.
  order [options] <snapshot…>     Prints the order in which locks are taken: to read, as code that declares it, or as documentation.

Options:
  -h, --help     show this help
      --version  show the version

${exitStatus}`;

const runHelp = `Usage: lockdep run [options] <script> [args…]

Runs a program watched; reports on stderr at its end, and passes its failing status on.

Options:
      --format FORMAT     how to render: text, json, html, sarif, github, junit, markdown, dot or mermaid (default text)
  -o, --output FILE       write the report to FILE
      --fail-on LEVEL     exit 1 at a finding this grave: error, warning or never (default error)
      --level CODE=LEVEL  how grave findings of a code are: off, warn or error; may be given several times
      --baseline FILE     findings that FILE knows do not fail
      --update-baseline   write to the baseline what is found, and exit 0
      --reason TEXT       why what has no reason in the baseline may stay
      --snapshot FILE     save what was seen to FILE, for lockdep report
      --stat              time each acquisition, and print a table of waits and holds
      --stall-ms MS       print what is held and waits when a request has waited so long
      --signal NAME       print it at this signal (default SIGUSR2, off for none)
      --trace FILE        record each event to FILE, for lockdep check
  -h, --help              show this help

${exitStatus}`;

const reportHelp = `Usage: lockdep report [options] <snapshot…>

Renders saved snapshots, merged.

Options:
      --format FORMAT     how to render: text, json, html, sarif, github, junit, markdown, dot or mermaid (default text)
  -o, --output FILE       write the report to FILE
      --fail-on LEVEL     exit 1 at a finding this grave: error, warning or never (default error)
      --level CODE=LEVEL  how grave findings of a code are: off, warn or error; may be given several times
      --baseline FILE     findings that FILE knows do not fail
      --update-baseline   write to the baseline what is found, and exit 0
      --reason TEXT       why what has no reason in the baseline may stay
  -h, --help              show this help

${exitStatus}`;

const checkHelp = reportHelp
  .replace('report [options] <snapshot…>', 'check [options] <trace…>')
  .replace(
    'Renders saved snapshots, merged.',
    'Replays event traces and reports; "-" reads stdin. Never explores schedules.',
  );

const mergeHelp = `Usage: lockdep merge [-o FILE] <snapshot…>

Makes one snapshot out of many; whatever the order, and however often one is given.

Options:
  -o, --output FILE  write the snapshot to FILE (default stdout)
  -h, --help         show this help

${exitStatus}`;

describe('what is asked for goes to stdout', () => {
  test.for([
    [['--help'], help],
    [['-h'], help],
    [['--version', '--help'], help],
    [['--help', 'run'], help],
    [['run', '--help'], runHelp],
    [['run', '-h', 'none.mjs'], runHelp],
    [['check', '--help'], checkHelp],
    [['report', '--help'], reportHelp],
    [['merge', '--help'], mergeHelp],
    [['report', 'none.json', '-h'], reportHelp],
    [['--version'], `lockdep ${readVersion()}\n`],
  ] as [string[], string][])('%j', ([args, stdout]) => {
    expect(runCli(args)).toEqual({ stdout, stderr: '', status: 0, signal: null });
  });
});
