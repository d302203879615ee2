/** `skill`: which verb is meant, and what becomes of its failures. */
import { EXIT, SkillError, suggest } from '@skill-engine/engine';
import { painter } from './colours.ts';
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

/** Each verb's code is loaded when it is asked for: a server's libraries would cost every other one a quarter of its start. */
const commands: Readonly<Record<VerbName, () => Promise<Command>>> = {
  run: async () => (await import('./commands/run.ts')).run,
  test: async () => (await import('./commands/test.ts')).test,
  list: async () => (await import('./commands/list.ts')).list,
  inspect: async () => (await import('./commands/inspect.ts')).inspect,
  lint: async () => (await import('./commands/lint.ts')).lint,
  import: async () => (await import('./commands/import.ts')).importPolicy,
  install: async () => (await import('./commands/install.ts')).install,
  update: async () => (await import('./commands/update.ts')).update,
  remove: async () => (await import('./commands/remove.ts')).remove,
  trust: async () => (await import('./commands/trust.ts')).trust,
  sign: async () => (await import('./commands/sign.ts')).sign,
  new: async () => (await import('./commands/new.ts')).newSkill,
  build: async () => (await import('./commands/build.ts')).build,
  describe: async () => (await import('./commands/describe.ts')).describe,
  dev: async () => (await import('./commands/dev.ts')).dev,
  config: async () => (await import('./commands/config.ts')).config,
  history: async () => (await import('./commands/history.ts')).history,
  stats: async () => (await import('./commands/stats.ts')).stats,
  audit: async () => (await import('./commands/audit.ts')).audit,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  serve: async () => (await import('./commands/serve.ts')).serve,
  types: async () => (await import('./commands/types.ts')).types,
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
  const command = await commands[name]();
  return command(args, shell);
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
