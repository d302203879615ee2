/** Configuration values of the invocation: `wasi:config/store`, its draft `wasi:config/runtime`, and the flat world's own functions. */
import type { HostSession } from './session.ts';

export function createConfig(session: HostSession, config: readonly (readonly [string, string])[]) {
  const values = new Map(config);
  const get = (key: string): string | undefined => {
    session.enter();
    return values.get(key);
  };
  const getAll = (): (readonly [string, string])[] => {
    session.enter();
    return config.map(([key, value]) => [key, value]);
  };
  return { get, getAll };
}
