/** A component of the flat world that exports `validate-config` judges its configuration when it is loaded. */
import { effective, noCapabilities } from './authority/effective.ts';
import type { EffectiveAuthority } from './authority/types.ts';
import type { Supervisor } from './broker/client.ts';
import { SkillError } from './errors.ts';
import type { Limits } from './execution.ts';
import { runGuest } from './run.ts';

interface Judged {
  readonly name: string;
  readonly limits: Limits;
  readonly config: readonly (readonly [string, string])[];
  readonly credentials: EffectiveAuthority['credentials'];
}

/**
 * Guest code: under its limits, and with no capability. Each granted credential stands in the configuration under its
 * name, with a text in place of the placeholder that an invocation will get.
 *
 * @throws SkillError CONFIG_REFUSED with the guest's reason
 */
export async function validateConfig(
  supervisor: Supervisor,
  pool: number,
  { name, limits, config, credentials }: Judged,
): Promise<void> {
  const standIns = credentials.map((credential) => [credential.name, 'placeholder'] as const);
  const values = [...new Map([...config, ...standIns])];
  const authority = effective({ declared: noCapabilities, granted: 'none' }, { baseDir: '/' });
  const { answer } = await runGuest(supervisor, pool, {
    tool: '',
    validate: true,
    parameters: JSON.stringify(Object.fromEntries(values)),
    config: values,
    command: false,
    limits,
    authority,
  });
  if ('value' in answer) return;
  const reason = 'error' in answer ? answer.error.message : 'It exited instead of answering.';
  throw new SkillError(
    'CONFIG_REFUSED',
    `The skill ${name} refuses its configuration: ${reason.replace(/\.$/u, '')}. Set its values under [skills.config] of the manifest, or load it with the option config.`,
    { cause: 'error' in answer ? answer.error : undefined },
  );
}
