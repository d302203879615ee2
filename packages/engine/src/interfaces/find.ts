/**
 * Which offer answers an import: the one of that name, or the newest of a version that is compatible with it, as the
 * component model means versions: 1.x.y with 1.x.y, 0.x.y with 0.x alone, 0.0.x and those before a release with themselves.
 * Whether its functions fit is for `match.ts` to say.
 */
import { compare, parse, type SemVer } from 'semver';
import type { Offer, Offers } from './offer.ts';

export function findOffer(offers: Offers, name: string): Offer | undefined {
  const exact = offers.get(name);
  if (exact) return exact;
  const wanted = split(name);
  if (!wanted) return undefined;
  const [best] = [...offers.values()]
    .flatMap((offer) => {
      const offered = split(offer.name);
      return offered?.path === wanted.path && areCompatible(offered.version, wanted.version)
        ? [{ offer, version: offered.version }]
        : [];
    })
    .toSorted((a, b) => compare(b.version, a.version));
  return best?.offer;
}

function split(name: string): { readonly path: string; readonly version: SemVer } | undefined {
  const at = name.indexOf('@');
  const version = at < 0 ? null : parse(name.slice(at + 1));
  return version === null ? undefined : { path: name.slice(0, at), version };
}

function areCompatible(a: SemVer, b: SemVer): boolean {
  if (a.prerelease.length > 0 || b.prerelease.length > 0) return compare(a, b) === 0;
  if (a.major > 0 || b.major > 0) return a.major === b.major;
  return a.minor === b.minor && (a.minor > 0 || a.patch === b.patch);
}
