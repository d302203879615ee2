/** Lints a skill as it lies on disk: the component is prepared, never run. */
import { prepareComponent } from '../component/prepare.ts';
import { componentOf, type SkillSource } from '../load.ts';
import { operatorHome, statePlaces } from '../places.ts';
import { lintSkill, type Finding } from './lint-rules.ts';

/**
 * What the component of a skill imports, by name; `undefined` for runtimes without imports.
 *
 * @throws SkillError any of the `COMPONENT_…` and `TRANSPILE_…` codes
 */
export async function importsOf(
  source: SkillSource,
  home?: string,
): Promise<readonly string[] | undefined> {
  if (source.manifest.runtime !== 'wasm') return undefined;
  const { cache } = statePlaces(home);
  // Nothing is refused here: what nobody provides is a load's to refuse.
  const provided = () => true;
  const { imports } = await prepareComponent({
    ...componentOf(source),
    cacheDir: cache,
    provided,
  });
  return imports.filter(({ kind }) => kind !== 'type').map(({ name }) => name);
}

/**
 * What could be better in a skill's manifest, held against what its component imports.
 *
 * @throws SkillError as {@link importsOf}
 */
export async function lint(source: SkillSource, home?: string): Promise<readonly Finding[]> {
  return lintSkill({
    manifest: source.manifest,
    table: source.table,
    places: { baseDir: source.baseDir, home: operatorHome() },
    imports: await importsOf(source, home),
  });
}
