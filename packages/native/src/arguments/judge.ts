/** Arguments against the manifest's lists. */
import type { AllowedCommands } from '@skill-engine/engine';
import { allows } from './allowed.ts';
import { badCharacters } from './characters.ts';
import { forbids } from './forbidden.ts';

/** Why an argument is refused. */
export interface ArgumentRefusal {
  readonly argument: string;
  readonly why: string;
  /** Whether an entry of `allowed_args` would help. */
  readonly isUnlisted: boolean;
}

/**
 * The first argument that is refused: for its characters, for what is forbidden in whatever form, for not being
 * listed. Every argument is judged, also behind `--`, and values of options that stand alone too.
 */
export function judgeArguments(
  args: readonly string[],
  { allowedArgs, forbiddenArgs }: AllowedCommands,
): ArgumentRefusal | undefined {
  const bad = judgeForbidden(args, forbiddenArgs);
  if (bad !== undefined) return bad;
  const argument = args.find((one) => !allowedArgs.some((entry) => allows(entry, one)));
  if (argument === undefined) return undefined;
  return { argument, why: 'no entry of allowed_args allows it', isUnlisted: true };
}

/** The first argument that no list can allow. */
export function judgeForbidden(
  args: readonly string[],
  forbiddenArgs: readonly string[],
): ArgumentRefusal | undefined {
  for (const [at, argument] of args.entries()) {
    const characters = badCharacters(argument);
    if (characters !== undefined) return { argument, why: characters, isUnlisted: false };
    const entry = forbiddenArgs.find((one) => forbids(one, args, at));
    if (entry !== undefined) {
      return { argument, why: `forbidden_args has ${JSON.stringify(entry)}`, isUnlisted: false };
    }
  }
  return undefined;
}

/** Whether arguments that nobody has seen are within the lists. */
export function allowsAnything({ allowedArgs, forbiddenArgs }: AllowedCommands): boolean {
  return forbiddenArgs.length === 0 && ['*', '-*'].every((entry) => allowedArgs.includes(entry));
}
