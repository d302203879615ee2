import { getEnvironment } from 'wasi:cli/environment@0.2.12';

/**
 * The value of an environment variable, or `undefined` when it isn't granted. A credential of the manifest is here too, under its
 * name: a placeholder, which the host replaces in requests to the hosts that the credential is for.
 */
export function env(name: string): string | undefined {
  return getEnvironment().find(([key]) => key === name)?.[1];
}

/** All variables that this invocation was granted. */
export function allEnv(): Record<string, string> {
  return Object.fromEntries(getEnvironment());
}
