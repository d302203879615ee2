/** What the comments of public members have to say. */
import type { PublicMember } from '../../scripts/api-members.ts';
import type { PublicName } from '../../scripts/api-symbols.ts';

/** Names of interfaces that a class implements; its methods are documented there. */
function implemented({ code }: PublicName): readonly string[] {
  const [, list = ''] = /^class \w+[^{]*? implements ([^{]*)\{/u.exec(code) ?? [];
  return list.split(',').map((name) => name.trim());
}

/** A member whose declaration says all: a discriminant, or something of a public type, which has a comment of its own. */
function saysItself({ name, text }: PublicMember, types: ReadonlySet<string>): boolean {
  const own = text.replace(/^(?:readonly |get |static )*/u, '');
  if (own.startsWith('[') || name.startsWith('constructor')) return true;
  if (/^\w+ = "/u.test(own)) return true;
  const [, type = ''] = /^[^(:]+\??:\s*([^]*?);?$/u.exec(own) ?? [];
  if (/^(?:'[^']*'|true|false|undefined|null|[0-9]+)$/u.test(type)) return true;
  const [, named] = /^(?:readonly )?([A-Z]\w*)(?:\[\])?$/u.exec(type) ?? [];
  return named !== undefined && types.has(named);
}

/** `Name.member` of what has no comment and needs one. */
export function undocumented(names: readonly PublicName[]): string[] {
  const types = new Set(names.map(({ name }) => name));
  const documented = new Map(
    names.map(({ name, members }) => [
      name,
      new Set(members.filter(({ doc }) => doc !== '').map((member) => member.name)),
    ]),
  );
  return names.flatMap((each) => {
    // Constants hold what their table says; functions and unions are described as a whole.
    if (each.kind === 'constant' || each.kind === 'function' || each.kind === 'type') return [];
    const from = implemented(each).map((name) => documented.get(name));
    return each.members
      .filter(
        ({ name, doc, outer }) => doc === '' && outer === '' && !from.some((one) => one?.has(name)),
      )
      .filter((member) => !saysItself(member, types))
      .map(({ name }) => `${each.name}.${name}`);
  });
}

/** A name may say it, too. */
const named = /(?:Bytes|Ms|Milliseconds|Nanoseconds|_ms|_bytes)$|\bfuel$/u;

/** Units, and plural nouns: a number of them. */
const units = new RegExp(
  String.raw`\b(?:${[
    'bytes?|milliseconds?|nanoseconds?|seconds|fuel|units|share|port|exit code|HTTP status|seed',
    'how (?:many|often)|number|rounds|calls|invocations|entries|records|elements|items|levels',
    'imports|exports|functions|tables|memories|globals|tags|segments|parameters|locals|nesting|pages',
    'line|column|arrays|[0-9]+ to [0-9]+|at (?:most|least)',
  ].join('|')})\b`,
  'iu',
);

/** `Name.member` of the numbers whose unit nobody says. */
export function withoutUnit(names: readonly PublicName[]): string[] {
  return names
    .filter(({ kind }) => kind !== 'constant' && kind !== 'function')
    .flatMap((each) =>
      each.members
        .filter(({ text }) => /^[^({]*:\s*(?:readonly )?(?:number|bigint)\b/u.test(text))
        .filter(
          ({ name, doc, outer }) => !units.test(`${doc} ${outer} ${each.doc}`) && !named.test(name),
        )
        .map(({ name }) => `${each.name}.${name}`),
    );
}

/** `Name.member` of the options that may be left out without a word on what holds then. */
export function withoutDefault(names: readonly PublicName[]): string[] {
  return names
    .filter(({ name, kind }) => kind === 'interface' && name.endsWith('Options'))
    .flatMap((each) =>
      each.members
        .filter(
          ({ optional, doc, outer }) => optional && !/default|without/iu.test(`${doc} ${outer}`),
        )
        .map(({ name }) => `${each.name}.${name}`),
    );
}
