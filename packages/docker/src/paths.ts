/** Absolute, normalised paths as text. */

export function covers(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`);
}

/** Whether one of them lies in the other, or they are the same. */
export function overlap(one: string, other: string): boolean {
  return covers(one, other) || covers(other, one);
}

/**
 * What parts of the API take apart as text: Podman reads a mount as options between commas, and `:` ends a path. With
 * such characters a path could say how it is mounted.
 */
export function hasSpecialCharacters(path: string): boolean {
  return /[,:"'\\\p{Cc}]/u.test(path) || !path.isWellFormed();
}
