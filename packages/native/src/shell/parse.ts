/**
 * Reads the part of the shell's language in which what runs is written down: words, quotes, pipes, lists and
 * redirections. Everything else (expansions, globs, functions, compound commands, here-documents, comments) is
 * refused, so this has to agree with shells only about what they all agree on.
 */

/** One command of a text. */
export interface ShellCommand {
  readonly words: readonly string[];
  /** Variables that are set for it. */
  readonly variables: readonly string[];
  /** Files that are read or written. */
  readonly files: readonly { readonly path: string; readonly writes: boolean }[];
  /** It reads what the command before it writes, or a file. */
  readonly input: boolean;
}

/** What was found instead of something that can be judged. */
export class ShellRefusal {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

type Token =
  | { readonly kind: 'word'; readonly text: string; readonly plain: number }
  | { readonly kind: 'operator'; readonly text: string };

const plain = /[A-Za-z0-9_@%+=:,./-]/;
const operators = ['&&', '||', '>>', '>|', '>&', '<>', '<&', ';', '&', '|', '>', '<'];

function tokens(text: string): readonly Token[] | ShellRefusal {
  const list: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at]!;
    if (char === ' ' || char === '\t') {
      at += 1;
      continue;
    }
    if (char === '\n') {
      list.push({ kind: 'operator', text: ';' });
      at += 1;
      continue;
    }
    if (text.startsWith('<<', at)) return new ShellRefusal('a here-document');
    if (text.startsWith(';;', at)) return new ShellRefusal('`;;`');
    // To bash they are one thing, to others two.
    if (/^(?:&>|\|&)/.test(text.slice(at, at + 2))) return new ShellRefusal('`&>` or `|&`');
    const operator = operators.find((one) => text.startsWith(one, at));
    if (operator !== undefined) {
      list.push({ kind: 'operator', text: operator });
      at += operator.length;
      continue;
    }
    const word = readWord(text, at);
    if (word instanceof ShellRefusal) return word;
    const token = { kind: 'word', text: word.text, plain: word.plain } as const;
    at = word.end;
    // A number right before a redirection is a descriptor, and no word.
    const isDescriptor =
      word.plain === word.text.length && /^\d+$/.test(word.text) && /[<>]/.test(text[at] ?? '');
    if (!isDescriptor) list.push(token);
  }
  return list;
}

interface ReadWord {
  readonly text: string;
  /** How many characters at its beginning are not quoted. */
  readonly plain: number;
  readonly end: number;
}

function readWord(text: string, start: number): ReadWord | ShellRefusal {
  let word = '';
  let unquoted: number | undefined;
  let at = start;
  while (at < text.length && !/[ \t\n;&|<>]/.test(text[at]!)) {
    const char = text[at]!;
    if (char === "'" || char === '"') {
      const quoted = char === "'" ? single(text, at) : double(text, at);
      if (quoted instanceof ShellRefusal) return quoted;
      unquoted ??= word.length;
      word += quoted.text;
      at = quoted.end;
    } else if (char === '\\') {
      const next = text[at + 1];
      if (next === undefined || next === '\n')
        return new ShellRefusal("a `\\` before a line's end");
      unquoted ??= word.length;
      word += next;
      at += 2;
    } else if (plain.test(char)) {
      word += char;
      at += 1;
    } else {
      return new ShellRefusal(`an unquoted ${JSON.stringify(char)}`);
    }
  }
  return { text: word, plain: unquoted ?? word.length, end: at };
}

interface Quoted {
  readonly text: string;
  readonly end: number;
}

function single(text: string, start: number): Quoted | ShellRefusal {
  const end = text.indexOf("'", start + 1);
  if (end < 0) return new ShellRefusal("an open `'`");
  return { text: text.slice(start + 1, end), end: end + 1 };
}

function double(text: string, start: number): Quoted | ShellRefusal {
  let quoted = '';
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text[at]!;
    if (char === '"') return { text: quoted, end: at + 1 };
    if (char === '$' || char === '`') return new ShellRefusal(`an expansion (${char})`);
    // `!` stands for history, even between these quotes, where a shell is interactive.
    if (char === '!') return new ShellRefusal('a `!` between double quotes');
    if (char === '\\') {
      const next = text[at + 1];
      if (next === '\n' || next === undefined)
        return new ShellRefusal("a `\\` before a line's end");
      if ('$`"\\'.includes(next)) {
        quoted += next;
        at += 1;
        continue;
      }
    }
    quoted += char;
  }
  return new ShellRefusal('an open `"`');
}

const reserved = new Set(
  'if then else elif fi do done case esac while until for in function select time coproc repeat foreach end nocorrect noglob always'.split(
    ' ',
  ),
);

const assignment = /^([A-Za-z_][A-Za-z0-9_]*)\+?=/;

/** Words and operators of a text, at most. */
const tokenLimit = 2000;

/** The commands of a text, or why it cannot be judged. */
export function parseShell(text: string): readonly ShellCommand[] | ShellRefusal {
  // eslint-disable-next-line no-control-regex -- shells have meanings of their own for some
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text))
    return new ShellRefusal('a control character');
  const list = tokens(text);
  if (list instanceof ShellRefusal) return list;
  if (list.length > tokenLimit) return new ShellRefusal('too many words');
  const commands: ShellCommand[] = [];
  let rest: readonly Token[] = list;
  let piped = false;
  while (rest.length > 0) {
    const end = rest.findIndex(({ kind, text: own }) => kind === 'operator' && !/[<>]/.test(own));
    const command = readCommand(end < 0 ? rest : rest.slice(0, end), piped);
    if (command instanceof ShellRefusal) return command;
    commands.push(command);
    piped = end >= 0 && rest[end]!.text === '|';
    const isLast = end < 0 || end === rest.length - 1;
    if (isLast && end >= 0 && !/^[;&]$/.test(rest[end]!.text)) {
      return new ShellRefusal('an end in the middle');
    }
    rest = end < 0 ? [] : rest.slice(end + 1);
  }
  return commands;
}

function readCommand(list: readonly Token[], piped: boolean): ShellCommand | ShellRefusal {
  const words: string[] = [];
  const variables: string[] = [];
  const files: { path: string; writes: boolean }[] = [];
  let input = piped;
  for (let at = 0; at < list.length; at += 1) {
    const token = list[at]!;
    const { text } = token;
    if (token.kind === 'operator') {
      const target = list[at + 1];
      if (target?.kind !== 'word') return new ShellRefusal('a redirection to nothing');
      at += 1;
      if (text.startsWith('<')) input = true;
      // Between descriptors.
      if (text.endsWith('&') && /^(?:\d+|-)$/.test(target.text)) continue;
      if (text.endsWith('&')) return new ShellRefusal(`\`${text}\` before a name`);
      files.push({ path: target.text, writes: text !== '<' });
      continue;
    }
    const [sets, name] = assignment.exec(text) ?? [];
    if (words.length === 0 && name !== undefined) {
      // With a quoted part it is a command of this name.
      if (token.plain < sets!.length) return new ShellRefusal('a quoted assignment');
      // bash takes some for numbers, computes them, and runs what stands between brackets there.
      if (/[[$`(]/.test(text)) return new ShellRefusal('a value that could be computed');
      variables.push(name);
      continue;
    }
    // zsh replaces `=name` by a path, everywhere.
    if (text.startsWith('=')) return new ShellRefusal('a word that begins with `=`');
    words.push(text);
  }
  const [command] = words;
  if (command === undefined) return new ShellRefusal('a part without a command');
  if (reserved.has(command)) return new ShellRefusal(`the word ${JSON.stringify(command)}`);
  if (command === '') return new ShellRefusal('a command without a name');
  return { words, variables, files, input };
}
