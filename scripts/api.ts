/**
 * The pages of docs/reference/api: one per published package, from its declarations and their doc comments.
 * Run as a script, it writes them; the test compares them with what is there. Needs a build.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishedPackages, type PublicName, type PublishedPackage } from './api-symbols.ts';

/** Where the pages are kept. */
export const apiFolder = 'docs/reference/api';

/** The pages, by file name. */
export function apiPages(packages: readonly PublishedPackage[]): ReadonlyMap<string, string> {
  const pages = new Map(packages.map((each) => [`${each.folder}.md`, page(each)]));
  return pages.set('README.md', index(packages));
}

const note = '<!-- Generated from the doc comments of the code by `npm run api`. -->';

function index(packages: readonly PublishedPackage[]): string {
  const rows = packages.map(
    ({ name, folder, description }) => `| [${name}](${folder}.md) | ${description} |`,
  );
  return [
    '# API reference',
    note,
    'What each package exports; whatever is not named here is not public and may change.',
    ['| package | what it is |', '|---|---|', ...rows].join('\n'),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

function page({ name, description, entries }: PublishedPackage): string {
  const parts = [`# ${name}`, note, description];
  for (const { specifier, names } of entries) {
    if (entries.length > 1) parts.push(`## \`${specifier}\``);
    parts.push(contents(names));
    for (const each of names) parts.push(...section(each));
  }
  return `${parts.join('\n\n')}\n`;
}

function contents(names: readonly PublicName[]): string {
  const rows = names.map(
    (each) => `| [${each.name}](#${each.name.toLowerCase()}) | ${each.kind} | ${summary(each)} |`,
  );
  return ['| name | kind | |', '|---|---|---|', ...rows].join('\n');
}

/** The first sentence, in one line that a table can hold. */
function summary({ doc }: PublicName): string {
  const [first = ''] = /^.*?[.:;](?=\s|$)|^.*/s.exec(doc.split('\n\n')[0] ?? '') ?? [];
  return first.replaceAll('\n', ' ').replaceAll('|', '\\|').replace(/[:;]$/, '.');
}

function section({ name, kind, doc, tags, code }: PublicName): string[] {
  const told = tags.map(({ name: tag, text }) => `**${tag}** ${text}`);
  return [`### ${name}`, `*${kind}* · ${doc}`, ...told, `\`\`\`ts\n${code}\n\`\`\``];
}

if (import.meta.main) {
  mkdirSync(apiFolder, { recursive: true });
  for (const [file, text] of apiPages(publishedPackages()))
    writeFileSync(join(apiFolder, file), text);
}
