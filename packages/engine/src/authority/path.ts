/** Paths of grants: how they are written in a manifest, and the absolute form in which they are compared. */
import { SkillError } from '../errors.ts';
import type { SourceSpan } from '../manifest/types.ts';
import { Refusal } from './refusal.ts';
import type { Places } from './types.ts';

const maximumLength = 4096;

/** Checks the text only; see `resolvePath` for its meaning. */
export function checkDeclaredPath(text: string): Refusal | undefined {
  if (text === '')
    return new Refusal('a path is never empty; `.` is the directory of the manifest');
  if (text.length > maximumLength)
    return new Refusal(`a path has at most ${maximumLength} characters`);
  // eslint-disable-next-line no-control-regex -- they are what is refused
  if (/[\u0000-\u001f\u007f]/.test(text)) return new Refusal('a path has no control characters');
  if (text.includes('\\')) {
    const meant = text.replaceAll('\\', '/');
    const isPath = checkDeclaredPath(meant) === undefined;
    return new Refusal('a path has `/` between its parts', isPath ? meant : undefined);
  }
  if (text.includes('*')) {
    const directory = text
      .slice(0, text.indexOf('*'))
      .replace(/[^/]*$/, '')
      .replace(/(?<=.)\/$/, '');
    return new Refusal(
      'a path has no wildcards; a directory covers all that is in it',
      directory || undefined,
    );
  }
  if (/^[A-Za-z]:/.test(text)) return new Refusal('a path has no drive letter');
  if (/^~[^/]/.test(text))
    return new Refusal('only `~` and `~/…` are known, not the homes of other users');
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  const firstName = parts.findIndex((part) => part !== '..');
  const rooted = text.startsWith('/') || text.startsWith('~');
  if (rooted ? parts.includes('..') : firstName >= 0 && parts.indexOf('..', firstName) >= 0) {
    return new Refusal(
      '`..` may only stand at the front of a relative path: name the directory that is meant',
    );
  }
  return undefined;
}

function normalise(absolute: string): string | undefined {
  const parts: string[] = [];
  for (const part of absolute.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return `/${parts.join('/')}`;
}

/**
 * The absolute, normalised host path: no `.`, no `..`, no doubled or trailing slash; the root is `/`.
 * `~` is `places.home`; anything not absolute is relative to `places.baseDir`. Symbolic links are not resolved here.
 *
 * @param source where it stands, for the error
 * @throws SkillError MANIFEST_INVALID
 */
export function resolvePath(text: string, places: Places, source?: SourceSpan): string {
  const refusal = checkDeclaredPath(text);
  const fail = (why: string | undefined): never => {
    const at = source === undefined ? '' : `${source.file}:${source.line}:${source.column}: `;
    throw new SkillError(
      'MANIFEST_INVALID',
      `${at}path ${JSON.stringify(text)}: ${why ?? 'not a path'}`,
      {
        details: { path: text },
      },
    );
  };
  if (refusal !== undefined) return fail(refusal.why);
  let absolute = text;
  if (text.startsWith('~')) {
    if (places.home === undefined) return fail('`~` needs a home directory, and there is none');
    absolute = `${places.home}/${text.slice(1)}`;
  } else if (!text.startsWith('/')) {
    absolute = `${places.baseDir}/${text}`;
  }
  if (!absolute.startsWith('/')) return fail('the directory it is relative to is not absolute');
  return normalise(absolute) ?? fail('it leads above the root directory');
}

/** Whether `path` is `directory` or lies in it; both absolute and normalised. `/data` does not cover `/data-secret`. */
export function covers(directory: string, path: string): boolean {
  return directory === '/' || path === directory || path.startsWith(`${directory}/`);
}
