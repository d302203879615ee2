/** Brings one skill up: its authority and limits are decided, then what runs it is prepared. */
import { isAbsolute, relative, resolve } from 'node:path';
import { effective } from './authority/effective.ts';
import { limitsOf, narrow } from './limits/limits.ts';
import type { Decided, OpenOptions } from './loaded-base.ts';
import type { CapabilityRestriction } from './manifest/types.ts';
import { openComponent } from './open-component.ts';
import { openSession } from './open-session.ts';
import { operatorHome } from './places.ts';
import type { LoadedSkill } from './skill.ts';
import { assertPlainGrants } from './trust/plain-grants.ts';
import { narrowedBy } from './trust/levels.ts';

export async function openSkill(options: OpenOptions): Promise<LoadedSkill> {
  const { manifest } = options.source;
  const decided = await decide(options);
  return manifest.runtime === 'wasm'
    ? openComponent(manifest, options, decided)
    : openSession(manifest, options, decided);
}

async function decide(options: OpenOptions): Promise<Decided> {
  const { source } = options;
  const { manifest } = source;
  const narrowed = narrowedBy(options.trust, options.limits);
  const limits = narrow(limitsOf(manifest.resources), narrowed);
  const places = { baseDir: source.baseDir, home: operatorHome() };
  if (options.granted !== 'none') {
    await assertPlainGrants(manifest.capabilities, places);
  }
  const authority = effective(
    {
      declared: manifest.capabilities,
      granted: options.granted,
      overrides: manifest.overrides,
      ceiling: withoutOwnState(options),
      ceilings: options.ceilings,
    },
    options.files ?? places,
    source.table,
  );
  return { authority, limits, narrowed };
}

/**
 * The engine's own files are nobody's to grant: who could write the cache could run code outside the sandbox,
 * who could write the audit store could rewrite the record.
 */
function withoutOwnState({ places: { data, cache }, files }: OpenOptions): CapabilityRestriction {
  const grants = [{ path: '/', access: 'read-write' as const }];
  const own = [data, cache, `${cache}.key`].flatMap((path) => belowRoot(path, files?.root));
  return { filesystem: { grants, forbidden: own } };
}

/** What grants call a path of the host: itself, or nothing where it is out of their reach. */
function belowRoot(path: string, root: string | undefined): { readonly path: string }[] {
  if (root === undefined) return [{ path }];
  const below = relative(resolve(root), path);
  if (below === '..' || below.startsWith('../') || isAbsolute(below)) return [];
  return [{ path: `/${below}` }];
}
