/** `skill`: which verb is meant, and what becomes of its failures. */
import { EXIT, SkillError, suggest } from '@skill-engine/engine';
import { painter } from './colours.ts';
import { build } from './commands/build.ts';
import { dev } from './commands/dev.ts';
import { config } from './commands/config.ts';
import { audit } from './commands/audit.ts';
import { describe } from './commands/describe.ts';
import { doctor } from './commands/doctor.ts';
import { history } from './commands/history.ts';
import { inspect } from './commands/inspect.ts';
import { install } from './commands/install.ts';
import { importPolicy } from './commands/import.ts';
import { lint } from './commands/lint.ts';
import { list } from './commands/list.ts';
import { remove } from './commands/remove.ts';
import { newSkill } from './commands/new.ts';
import { run } from './commands/run.ts';
import { stats } from './commands/stats.ts';
import { serve } from './commands/serve.ts';
import { sign } from './commands/sign.ts';
import { test } from './commands/test.ts';
import { types } from './commands/types.ts';
import { trust } from './commands/trust.ts';
import { update } from './commands/update.ts';
import { type VerbName, overview, verbs } from './help.ts';
import { jsonText, toJson } from './json.ts';
import { exitCodeOf, failureJson, failureText } from './report.ts';
import {
  Interrupted,
  PIPE_EXIT,
  type Shell,
  coloured,
  processShell,
  say,
  signalExits,
  write,
} from './shell.ts';
import { version } from './version.ts';

type Command = (args: readonly string[], shell: Shell) => Promise<number>;

const commands: Readonly<Record<VerbName, Command>> = {
  run,
  test,
  list,
  inspect,
  lint,
  import: importPolicy,
  install,
  update,
  remove,
  trust,
  sign,
  new: newSkill,
  build,
  describe,
  dev,
  config,
  history,
  stats,
  audit,
  doctor,
  serve,
  types,
};

/** One command from its arguments to its exit code. Never throws. */
export async function main(argv: readonly string[], shell: Shell): Promise<number> {
  try {
    return await dispatch(argv, shell);
  } catch (thrown) {
    return fail(thrown, argv, shell);
  }
}

/** The whole process. */
export async function start(): Promise<void> {
  // Failed writes are reported where they are made; without these, they would end the process first.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  process.exit(await main(process.argv.slice(2), processShell()));
}

async function dispatch(argv: readonly string[], shell: Shell): Promise<number> {
  const [verb, ...args] = argv;
  if (verb === undefined) {
    await say(shell, overview());
    return EXIT.usage;
  }
  if (verb === '--version' || verb === '-v') return print(`${version}\n`, shell);
  if (verb === '--help' || verb === '-h') return print(overview(), shell);
  if (verb === 'help') {
    return print(args[0] === undefined ? overview() : verbs[nameOf(args[0])].help, shell);
  }
  const name = nameOf(verb);
  if (asksForHelp(args)) return print(verbs[name].help, shell);
  return commands[name](args, shell);
}

function nameOf(verb: string): VerbName {
  const names = Object.keys(verbs) as VerbName[];
  const name = names.find((one) => one === verb);
  if (name !== undefined) return name;
  const near = suggest(verb, names);
  throw new SkillError(
    'INVALID_OPTIONS',
    `There is no verb ${JSON.stringify(verb)}${near === undefined ? '' : `; did you mean ${near}?`} Verbs are: ${names.join(', ')}.`.replace(
      '" Verbs',
      '". Verbs',
    ),
  );
}

function beforeTerminator(args: readonly string[]): readonly string[] {
  const at = args.indexOf('--');
  return at < 0 ? args : args.slice(0, at);
}

function asksForHelp(args: readonly string[]): boolean {
  return args[0] === '-h' || beforeTerminator(args).includes('--help');
}

async function print(text: string, shell: Shell): Promise<number> {
  await write(shell.stdout, text);
  return EXIT.success;
}

async function fail(thrown: unknown, argv: readonly string[], shell: Shell): Promise<number> {
  if (thrown instanceof Interrupted) return signalExits[thrown.signal];
  const isWrite = (thrown as NodeJS.ErrnoException | null)?.syscall === 'write';
  if (isWrite && (thrown as NodeJS.ErrnoException).code === 'EPIPE') return PIPE_EXIT;
  const error = SkillError.from(thrown);
  const isJson = beforeTerminator(argv.slice(1)).includes('--json');
  if (isJson && !isWrite) {
    const value = argv[0] === 'run' ? failureJson(error) : toJson({ ok: false, error });
    const told = await write(shell.stdout, `${jsonText(value)}\n`).then(
      () => true,
      () => false,
    );
    if (told) return exitCodeOf(error);
  }
  await say(shell, failureText(error, painter(coloured(shell, shell.stderr))));
  return exitCodeOf(error);
}
