import {
  Acceptances,
  createEngine,
  createSkillTools,
  escapeText,
  statePlaces,
  type Engine,
  type InstalledSkill,
  type SkillMdTools,
  type SkillToolName,
} from '@skill-engine/engine';
import { serveOverHttp, serveOverStdio } from '@skill-engine/mcp';
import { type CommandLine, type FlagTable, splitArguments, usage } from '../args.ts';
import { requireConsent } from '../consent.ts';
import { addressForm, httpOptions, noAddress } from '../http-options.ts';
import { loadAccepted } from '../load-accepted.ts';
import { configured } from '../settings.ts';
import { type Shell, say, signalExits } from '../shell.ts';
import { chooseTarget } from '../target.ts';
import { version } from '../version.ts';

export const flags = {
  user: { type: 'string' },
  skills: { type: 'string', multiple: true },
  'exclude-tool': { type: 'string', multiple: true },
  http: { type: 'string', optional: addressForm },
  'token-file': { type: 'string' },
  'allow-host': { type: 'string', multiple: true },
  'allow-origin': { type: 'string', multiple: true },
} as const satisfies FlagTable;

/**
 * Serves until the client goes away or the operator ends it. Over standard input and output, that is the protocol's; over
 * HTTP, neither is used.
 */
export async function serve(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'serve', flags });
  if (line.positionals.length === 0 && !line.has('skills')) {
    throw usage('serve', 'SKILL or --skills DIR is missing');
  }
  const http = await httpOptions(line, shell);
  // Standard input is the client's: nobody can be asked.
  const { engine: options, load } = await configured(shell, false);
  await using _credentials = options.credentials;
  await using engine = await createEngine(options);
  const acceptances = new Acceptances(statePlaces().data);
  const installed: InstalledSkill[] = [];
  for (const named of line.positionals) {
    const target = await chooseTarget(named, undefined, undefined).catch((error: unknown) => {
      throw line.behind('http') === named ? noAddress(named, error) : error;
    });
    await requireConsent(
      { ...target, acceptances, accept: undefined, mayAsk: false, beforehand: true },
      shell,
    );
    await loadAccepted(engine, target, undefined, load);
    if (target.installed !== undefined) installed.push(target.installed);
  }
  const skills = instructions(engine, { acceptances, line, installed, load, shell });
  for (const { where, message } of skills?.problems ?? []) {
    await say(shell, `note: ${escapeText(where)}: ${message}`);
  }
  const count = engine.tools().length + (skills?.tools.length ?? 0);
  const about = {
    user: line.one('user') ?? shell.user,
    name: 'skill-engine',
    version,
    onError: (error: Error) => void say(shell, `note: ${escapeText(error.message)}`),
    ...(skills === undefined ? {} : { skills }),
  };
  const { promise: ended, resolve: end } = Promise.withResolvers<number>();
  const stopListening = shell.onSignal((signal) => end(signalExits[signal]));
  try {
    if (http === undefined) {
      for (const event of ['end', 'close']) shell.stdin.once(event, () => end(0));
      const server = serveOverStdio(engine, about);
      await say(shell, `serving ${count} tools over standard input and output`);
      return await ended.finally(() => server.close());
    }
    await using server = await serveOverHttp(engine, { ...about, ...http });
    for (const note of http.notes) await say(shell, `note: ${note}`);
    await say(shell, `serving ${count} tools at ${server.url}`);
    return await ended;
  } finally {
    stopListening();
  }
}

/** The four tools, where there is a SKILL.md to serve. Scripts get what was accepted before, and else do not run. */
function instructions(
  engine: Engine,
  {
    acceptances,
    line,
    installed,
    load,
    shell,
  }: {
    readonly acceptances: Acceptances;
    readonly line: CommandLine;
    readonly installed: readonly InstalledSkill[];
    readonly load: Awaited<ReturnType<typeof configured>>['load'];
    readonly shell: Shell;
  },
): SkillMdTools | undefined {
  const withInstructions = installed.filter(({ source }) => source.files?.has('SKILL.md') === true);
  if (!line.has('skills') && withInstructions.length === 0) return undefined;
  return createSkillTools(engine, {
    roots: line.all('skills'),
    installed: withInstructions,
    // Other names are refused there.
    excludeTools: line.all('exclude-tool') as readonly SkillToolName[],
    async scripts(skill) {
      const named = skill.places.baseDir;
      await requireConsent(
        {
          package: skill,
          acceptances,
          accept: undefined,
          mayAsk: false,
          beforehand: true,
          named,
        },
        shell,
      );
      return { ...load, grant: 'declared' };
    },
  });
}
