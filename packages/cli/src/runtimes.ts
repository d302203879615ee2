/** Runtimes beside WebAssembly. Their code is loaded when a skill needs one: most calls need none. */
import type { Runtime } from '@skill-engine/engine';

const made: Readonly<Record<Runtime['kind'], () => Promise<Runtime>>> = {
  docker: async () => (await import('@skill-engine/docker')).createDockerRuntime(),
  native: async () => (await import('@skill-engine/native')).createNativeRuntime(),
};

/** @param kinds those that the operator lets be; all, where a skill is only looked at */
export function runtimes(
  kinds: readonly Runtime['kind'][] = ['docker', 'native'],
): readonly Runtime[] {
  return kinds.map((kind) => {
    let runtime: Promise<Runtime> | undefined;
    return { kind, open: async (skill) => (await (runtime ??= made[kind]())).open(skill) };
  });
}
