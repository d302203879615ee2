/** Which languages `skill build` can compile here. */
import { compiler } from './c.ts';
import { type BuildContext, which } from './toolchain.ts';

export interface Toolchain {
  readonly language: string;
  /** The programs, with their paths; `undefined` when there are none. */
  readonly found: string | undefined;
  /** What there has to be. */
  readonly needs: string;
}

type Environment = BuildContext['environment'];

/** Looked for, not run. What is for JavaScript comes with npm packages of a skill's own folder. */
export async function findToolchains(environment: Environment): Promise<readonly Toolchain[]> {
  return [
    await first('Rust', ['cargo'], environment),
    {
      language: 'C',
      found: await compiler({ environment, log: () => undefined }).then(
        ([program]) => program,
        () => undefined,
      ),
      needs: 'clang, wasm-ld and wasi-libc, or the wasi-sdk (WASI_SDK_PATH), or zig',
    },
    await first('Go', ['tinygo', 'go'], environment),
    await first('Python', ['componentize-py'], environment),
  ];
}

async function first(
  language: string,
  programs: readonly string[],
  environment: Environment,
): Promise<Toolchain> {
  let found: string | undefined;
  for (const program of programs) found ??= await which(program, environment);
  return { language, found, needs: `${programs.join(' or ')} on PATH` };
}
