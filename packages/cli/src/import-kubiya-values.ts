/** Values of Kubiya's manifest that may refer to variables: paths, configuration, environment. */
import { literal, type Members, table } from './import-lines.ts';

/** Notes what is left out: where in the skill's table, and why. */
export type Leave = (what: string, why: string) => void;

/** Parts of names for which Kubiya's Skill Engine, too, takes a value for a secret. */
const secret = /secret|password|token|key|credential|auth/iu;

const byCredential = 'a secret; declare it under capabilities.credentials with its hosts';

/** `${NAME}`, `${NAME:-default}` or `${NAME:?message}`, and nothing else. */
const reference = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(?::(?:-([^{}]*)|\?[^{}]*))?\}$/u;

/** A path, without variables; `${HOME}` is the operator's home. */
export function pathOf(given: unknown, what: string, leave: Leave): string | undefined {
  const path = typeof given === 'string' ? given.replace(/^\$\{HOME\}(?=\/|$)/u, '~') : '';
  if (path === '' || /[$*?[\]{}\\]|\p{Cc}/u.test(path) || climbs(path)) {
    leave(what, `${literal(String(given))} is no path without variables and patterns`);
    return undefined;
  }
  return path;
}

/** Whether `..` stands behind a name: the path is then another one than it seems. */
function climbs(path: string): boolean {
  const below = path.replace(/^(?:\.{1,2}\/)+/u, '');
  return below !== '..' && below.split('/').includes('..');
}

export function configLines(config: Members, leave: Leave): string[] {
  const values: Record<string, string> = {};
  for (const [key, value] of Object.entries(config)) {
    const where = `.config.${key}`;
    if (secret.test(key)) leave(where, byCredential);
    else if (typeof value !== 'string') leave(where, 'no text');
    else if (!value.includes('${')) values[key] = value;
    else {
      const [, variable, fallback] = reference.exec(value) ?? [];
      if (fallback !== undefined) values[key] = fallback;
      const kept = fallback === undefined ? 'set it in the manifest' : 'its default is taken';
      leave(where, `not read from ${variable ?? 'the environment'}; ${kept}`);
    }
  }
  return table('[skills.config]', values);
}

/** A variable passes under its own name only, with the value that the host has. */
export function environmentLines(env: Members, leave: Leave): string[] {
  const allowlist: string[] = [];
  for (const [key, value] of Object.entries(env)) {
    const [, variable, fallback] = reference.exec(String(value)) ?? [];
    if (secret.test(key)) leave(`.env.${key}`, byCredential);
    else if (variable !== key)
      leave(`.env.${key}`, 'its value comes from the variable of the same name only');
    else {
      allowlist.push(key);
      if (fallback !== undefined) leave(`.env.${key}`, 'without its default');
    }
  }
  return table('[skills.capabilities.environment]', { allowlist });
}
