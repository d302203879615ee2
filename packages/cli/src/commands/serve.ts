import { Acceptances, createEngine, statePlaces } from '@skill-engine/engine';
import { serveOverStdio } from '@skill-engine/mcp';
import { type FlagTable, splitArguments, usage } from '../args.ts';
import { requireConsent } from '../consent.ts';
import { loadAccepted } from '../load-accepted.ts';
import { configured } from '../settings.ts';
import { type Shell, say, signalExits } from '../shell.ts';
import { chooseTarget } from '../target.ts';
import { version } from '../version.ts';

export const flags = { user: { type: 'string' } } as const satisfies FlagTable;

/** Serves until the client goes away or the operator ends it. Standard output belongs to the protocol. */
export async function serve(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'serve', flags });
  if (line.positionals.length === 0) throw usage('serve', 'SKILL is missing');
  // Standard input is the client's: nobody can be asked.
  const { engine: options, load } = await configured(shell, false);
  await using _credentials = options.credentials;
  await using engine = await createEngine(options);
  const acceptances = new Acceptances(statePlaces().data);
  for (const named of line.positionals) {
    const target = await chooseTarget(named, undefined, undefined);
    await requireConsent({ ...target, acceptances, accept: undefined, mayAsk: false }, shell);
    await loadAccepted(engine, target, undefined, load);
  }
  const { promise: ended, resolve: end } = Promise.withResolvers<number>();
  for (const event of ['end', 'close']) shell.stdin.once(event, () => end(0));
  const stopListening = shell.onSignal((signal) => end(signalExits[signal]));
  const server = serveOverStdio(engine, {
    user: line.one('user') ?? shell.user,
    name: 'skill-engine',
    version,
    onError: (error) => void say(shell, `note: ${error.message}`),
  });
  await say(shell, `serving ${engine.tools().length} tools over standard input and output`);
  const exit = await ended;
  stopListening();
  await server.close();
  return exit;
}
