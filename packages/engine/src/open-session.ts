/** Brings up a skill that is no component, by a runtime of the embedder. */
import { SkillError } from './errors.ts';
import { CONCURRENCY } from './limits/limits.ts';
import { Slots } from './limits/slots.ts';
import type { DockerSkillManifest, NativeSkillManifest } from './manifest/types.ts';
import { type Decided, loadedBase, type OpenOptions } from './loaded-base.ts';
import type { SessionSkill } from './skill.ts';
import { buildTools } from './tools.ts';

const packages = { docker: 'createDockerRuntime', native: 'createNativeRuntime' } as const;
const levels = { docker: 'container', native: 'command' } as const;

export async function openSession(
  manifest: DockerSkillManifest | NativeSkillManifest,
  options: OpenOptions,
  decided: Decided,
): Promise<SessionSkill> {
  const { source, runtimes, isolation, granted, substituted } = options;
  const { name, runtime: kind } = manifest;
  const runtime = runtimes.find((one) => one.kind === kind);
  if (runtime === undefined) {
    throw unsupported(
      manifest,
      `needs the ${kind} runtime, which this engine was not given. On the command line the setting runtimes.${kind} lets it be; a program says createEngine({ runtimes: [${packages[kind]}()] }), with @skill-engine/${kind}.`,
    );
  }
  if (substituted) {
    throw unsupported(
      manifest,
      `runs on the machine itself: the ${kind} runtime knows no substitutes for files, clocks and the network.`,
    );
  }
  refuseWhatCannotBe(manifest, decided);
  if (kind === 'native' && isolation.os === 'required') {
    throw new SkillError(
      'ISOLATION_UNAVAILABLE',
      `Layers of the operating system are required around ${name}, and commands of the machine run without any. Trust it more (skill trust set ${name} third_party), or set isolation.os = "preferred".`,
      { details: { skill: name, missing: ['native'] } },
    );
  }
  const { authority, limits, narrowed } = decided;
  const session = await runtime.open({
    manifest,
    baseDir: source.baseDir,
    effective: authority,
    limits,
  });
  try {
    const tools = await buildTools(manifest, session.tools, narrowed, source.schemas);
    return {
      ...loadedBase(options, decided, { sha256: session.sha256, tools }),
      runtime: kind,
      sha256: session.sha256,
      shape: null,
      imports: [],
      isolation: { level: levels[kind], layers: session.layers },
      session,
      slots: new Slots(manifest.resources.concurrency ?? CONCURRENCY),
      granted: granted !== 'none',
    };
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** What the engine's own sandbox gives and nobody can give here, instead of an entry that means nothing. */
function refuseWhatCannotBe(
  manifest: DockerSkillManifest | NativeSkillManifest,
  { authority }: Decided,
): void {
  const held = authority.credentials.find(({ exposure }) => exposure === 'placeholder');
  if (held !== undefined) {
    throw unsupported(
      manifest,
      `declares the credential ${held.name}, whose value only requests of a component can carry. With exposure = "guest" the value itself is handed over, as an environment variable.`,
    );
  }
  const [offered] = authority.interfaces;
  if (offered !== undefined) {
    throw unsupported(
      manifest,
      `declares the interface ${offered}, which only a component can call.`,
    );
  }
}

function unsupported(
  { name, runtime }: { name: string; runtime: string },
  why: string,
): SkillError {
  return new SkillError('RUNTIME_UNSUPPORTED', `The skill ${name} ${why}`, {
    details: { skill: name, runtime },
  });
}
