/** `docs/reference/api.md` of the declarations that the compiler wrote: every public name, its doc comment, its signature. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The entries of the packages that people import. */
const entries: readonly (readonly [name: string, file: string])[] = [
  ['@skill-engine/engine', 'packages/engine/dist/index.d.ts'],
  ['@skill-engine/testing', 'packages/testing/dist/index.d.ts'],
  ['@skill-engine/testing/vitest', 'packages/testing/dist/vitest.d.ts'],
  ['@skill-engine/guest', 'packages/guest/dist/index.d.ts'],
  ['@skill-engine/guest/files', 'packages/guest/dist/files.d.ts'],
  ['@skill-engine/guest/env', 'packages/guest/dist/env.d.ts'],
  ['@skill-engine/guest/http', 'packages/guest/dist/http.d.ts'],
  ['@skill-engine/guest/utf8', 'packages/guest/dist/utf8.d.ts'],
];

export interface PublicName {
  readonly name: string;
  /** Text of its doc comment; empty without one. */
  readonly doc: string;
  /** Its declaration, with the comments of its members. */
  readonly signature: string;
}

const declared =
  /^export (?:declare )?(?:abstract )?(?:function|const|class|interface|type|enum) (\w+)/;

/** The declarations of a file by name: each begins at the margin, and ends before what begins there next. */
function declarationsOf(file: string): Map<string, PublicName> {
  const found = new Map<string, PublicName>();
  const text = readFileSync(file, 'utf8').replace(/\n\/\/# sourceMappingURL.*\s*$/, '\n');
  const pattern =
    /^(\/\*\*(?:[^*]|\*(?!\/))*\*\/\n)?((?:export |declare |interface |type |class ).*\n(?:(?!\/\*\*|export |declare |interface |type |class ).*\n)*)/gm;
  for (const [, comment = '', body = ''] of text.matchAll(pattern)) {
    const [, name] = declared.exec(body) ?? [];
    // Of overloads, the first is told; they share the comment.
    if (name === undefined || found.has(name)) continue;
    found.set(name, { name, doc: textOf(comment), signature: signatureOf(body) });
  }
  return found;
}

function textOf(comment: string): string {
  return comment
    .replace(/^\/\*\*/, '')
    .replace(/\*\/\s*$/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .trim();
}

function signatureOf(body: string): string {
  return body
    .replace(/^export (declare )?/, '')
    .split('\n')
    .filter((line) => !/^ {4}(private |#)/.test(line))
    .join('\n')
    .trim();
}

/** What a module exports, also by way of others. */
function exportsOf(file: string): PublicName[] {
  const text = readFileSync(file, 'utf8');
  const names = [...declarationsOf(file).values()];
  for (const [, list = '', from = ''] of text.matchAll(
    /export (?:type )?\{([^}]*)\} from '([^']+)'/g,
  )) {
    const path = resolve(dirname(file), from.replace(/\.[jt]s$/, '.d.ts'));
    const there = new Map(
      from.startsWith('.') ? exportsOf(path).map((one) => [one.name, one]) : [],
    );
    for (const item of list.split(',').map((text) => text.trim().replace(/^type /, ''))) {
      if (item === '') continue;
      const [name = '', alias = name] = item.split(' as ');
      const one = there.get(name);
      names.push(
        one === undefined ? { name: alias, doc: '', signature: '' } : { ...one, name: alias },
      );
    }
  }
  return names;
}

/** Every public name, by the package that exports it. */
export function publicNames(): Map<string, PublicName[]> {
  return new Map(entries.map(([name, file]) => [name, exportsOf(join(root, file))]));
}

/** The whole page. */
export function apiReference(): string {
  const parts = [
    '# API reference\n\nGenerated from the declarations by `scripts/api-reference.ts`; do not edit. A test compares.\n',
  ];
  for (const [entry, names] of publicNames()) {
    parts.push(`## ${entry}\n`);
    for (const { name, doc, signature } of names) {
      const text = doc.replaceAll(/^@(\w+)/gm, '*$1*').replaceAll(/\{@link (\w+)\}/g, '`$1`');
      parts.push(
        `### ${name}\n`,
        ...(text === '' ? [] : [`${text}\n`]),
        `\`\`\`typescript\n${signature}\n\`\`\`\n`,
      );
    }
  }
  return parts.join('\n');
}

if (import.meta.main) writeFileSync(join(root, 'docs/reference/api.md'), apiReference());
