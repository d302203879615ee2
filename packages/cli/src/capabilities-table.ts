/** `skill inspect --show-capabilities`: what each skill can do, by its manifest and by its component. */
import {
  SkillError,
  findInstalled,
  findSkills,
  importsOf,
  permissionTable,
  type Permission,
} from '@skill-engine/engine';
import type { SkillSource } from '@skill-engine/engine';
import { jsonText, toJson } from './json.ts';
import { type Shell, widthOf, write } from './shell.ts';
import { renderTable } from './table.ts';

interface Shown {
  readonly skill: string;
  readonly runtime: string;
  readonly permissions: readonly Permission[];
}

export async function showCapabilities(
  named: string,
  options: {
    readonly manifest: string | undefined;
    readonly skill: string | undefined;
    readonly json: boolean;
  },
  shell: Shell,
): Promise<void> {
  const isName = /^[a-z0-9][a-z0-9_-]*$/.test(named) && options.manifest === undefined;
  const installed = isName ? await findInstalled(named) : undefined;
  const sources = installed ? [installed.source] : await findSkills(named, options.manifest);
  const shown: Shown[] = [];
  for (const source of sources) {
    if (options.skill !== undefined && source.manifest.name !== options.skill) continue;
    const permissions = permissionTable(source.manifest, await knownImports(source));
    shown.push({ skill: source.manifest.name, runtime: source.manifest.runtime, permissions });
  }
  await write(
    shell.stdout,
    options.json
      ? `${jsonText(toJson({ skills: shown }))}\n`
      : tableOf(shown, widthOf(shell.stdout)),
  );
}

/** A component that is not built yet leaves its column open. */
async function knownImports(source: SkillSource): Promise<readonly string[] | undefined> {
  try {
    return await importsOf(source);
  } catch (error) {
    if (error instanceof SkillError && error.code === 'COMPONENT_NOT_FOUND') return undefined;
    throw error;
  }
}

/** No wall keeps a command from what its manifest does not ask for: to say `no` would be a promise. */
function canText(possible: boolean, component: string): string {
  if (possible) return 'yes';
  return component === 'unbounded' ? 'perhaps' : 'no';
}

export function tableOf(shown: readonly Shown[], width: number | undefined): string {
  return renderTable(
    [
      { title: 'SKILL' },
      { title: 'RUNTIME' },
      { title: 'PERMISSION' },
      { title: 'CAN' },
      { title: 'COMPONENT IMPORTS' },
      { title: 'MANIFEST ASKS FOR', flexible: true },
    ],
    shown.flatMap(({ skill, runtime, permissions }) =>
      permissions.map(({ kind, manifest, component, possible }, index) => [
        index === 0 ? skill : '',
        index === 0 ? runtime : '',
        kind,
        canText(possible, component),
        component,
        manifest,
      ]),
    ),
    { width },
  );
}
