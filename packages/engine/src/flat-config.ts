/** A component of the flat world that exports `validate-config` judges its configuration when it is loaded. */
import { effective, noCapabilities } from './authority/effective.ts';
import type { EffectiveAuthority } from './authority/types.ts';
import type { Supervisor } from './broker/client.ts';
import { SkillError } from './errors.ts';
import type { Limits } from './execution.ts';
import { wordsOf } from './guest-words.ts';
import { runGuest } from './run.ts';

interface Judged {
  readonly name: string;
  readonly limits: Limits;
  readonly config: readonly (readonly [string, string])[];
  readonly credentials: EffectiveAuthority['credentials'];
}

/**
 * Guest code: under its limits, and with no capability. It gets what the flat world's own host gives it: a JSON object with
 * `{ value, secret }` for each name, where the value of a secret is a reference into a keyring. Each granted credential is
 * such a secret; nothing can be read with its reference.
 *
 * @throws SkillError CONFIG_REFUSED with the guest's reason
 */
export async function validateConfig(
  supervisor: Supervisor,
  pool: number,
  { name, limits, config, credentials }: Judged,
): Promise<void> {
  const references = credentials.map(
    (credential) =>
      [credential.name, `keyring://skill-engine/${name}/default/${credential.name}`] as const,
  );
  const values = [...new Map([...config, ...references])];
  const secrets = new Set(credentials.map((credential) => credential.name));
  const authority = effective({ declared: noCapabilities, granted: 'none' }, { baseDir: '/' });
  const { answer, stderr } = await runGuest(supervisor, pool, {
    tool: '',
    validate: true,
    parameters: JSON.stringify(
      Object.fromEntries(
        values.map(([key, value]) => [key, { value, secret: secrets.has(key) }] as const),
      ),
    ),
    config: values,
    command: false,
    limits,
    authority,
  });
  if ('value' in answer) return;
  const reason = 'error' in answer ? answer.error.message : 'It exited instead of answering.';
  throw new SkillError(
    'CONFIG_REFUSED',
    `The skill ${name} refuses its configuration: ${reason.replace(/\.$/u, '')}. Set its values under [skills.config] of the manifest, or load it with the option config.${wordsOf(stderr)}`,
    { cause: 'error' in answer ? answer.error : undefined },
  );
}
