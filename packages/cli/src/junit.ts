/**
 * Test outcomes in the XML that CI systems read, in what two descriptions of the form have in common:
 * https://github.com/testmoapp/junitxml and the schema of Jenkins' xUnit plugin (junit-10.xsd), which requires `errors` of a
 * suite and knows no `skipped` of all of them.
 */
import type { TestOutcome } from '@skill-engine/testing/runner';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\t': '&#9;',
};

/** Text for an attribute. Characters that XML 1.0 cannot have become U+FFFD. */
function escape(text: string): string {
  return (
    text
      .toWellFormed()
      // oxlint-disable-next-line no-control-regex -- they are what is replaced
      .replace(/[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/g, '\ufffd')
      .replace(/[&<>"\n\t]/g, (character) => entities[character]!)
  );
}

function seconds(outcomes: readonly TestOutcome[]): string {
  return (outcomes.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000).toFixed(3);
}

function countOf(outcomes: readonly TestOutcome[], wanted: TestOutcome['status']): number {
  return outcomes.filter(({ status }) => status === wanted).length;
}

/** What did not run to its end is a failure here, never an error. */
function counts(outcomes: readonly TestOutcome[]): string {
  return `tests="${outcomes.length}" failures="${countOf(outcomes, 'failed')}" errors="0" time="${seconds(outcomes)}"`;
}

function testcase(outcome: TestOutcome): string {
  const { file, name, status, message = '' } = outcome;
  const head = `    <testcase name="${escape(name)}" classname="${escape(file)}" time="${seconds([outcome])}"`;
  if (status === 'passed') return `${head}/>`;
  const [first = ''] = message.split('\n');
  const inner =
    status === 'skipped'
      ? `<skipped message="${escape(message)}"/>`
      : `<failure message="${escape(first)}">${escape(message)}</failure>`;
  return `${head}>\n      ${inner}\n    </testcase>`;
}

export function junit(outcomes: readonly TestOutcome[]): string {
  const suites = [...Map.groupBy(outcomes, ({ file }) => file)].map(
    ([file, tests]) =>
      `  <testsuite name="${escape(file)}" ${counts(tests)} skipped="${countOf(tests, 'skipped')}">\n${tests.map(testcase).join('\n')}\n  </testsuite>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="skill test" ${counts(outcomes)}>\n${suites.join('\n')}\n</testsuites>\n`;
}
