/** The digest that an operator accepts: one skill of one manifest, with its component. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../audit/canonical.ts';

export interface PackageParts {
  /** Name of the skill within its manifest. */
  readonly skill: string;
  /** The manifest's text as it was parsed, all of it; empty for a bare component. */
  readonly manifestText: string;
  /** Lower-case hexadecimal SHA-256 of the component file; `null` for a skill that is none, which its manifest describes whole. */
  readonly componentSha256: string | null;
  /** Text of each schema file that the manifest names, by its path there. */
  readonly schemas: ReadonlyMap<string, string>;
}

/** Says what is digested: bytes that were digested for another purpose can never equal this. */
const domain = 'skill-engine package digest, version 1';

/** Lower-case hexadecimal, of the text in UTF-8. */
export function sha256OfText(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/**
 * SHA-256 in lower-case hexadecimal. It changes with every character of the manifest and its schema files, every byte of the component,
 * and from skill to skill of one manifest. It does not depend on where the files lie; see {@link readPackage} for
 * the paths that relative grants mean.
 */
export function packageDigest(parts: PackageParts): string {
  return sha256OfText(
    canonicalJson({
      domain,
      skill: parts.skill,
      manifest: sha256OfText(parts.manifestText),
      component: parts.componentSha256,
      schemas: Object.fromEntries(
        [...parts.schemas].map(([path, text]) => [path, sha256OfText(text)]),
      ),
    }),
  );
}
