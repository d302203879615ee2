import { createHash } from 'node:crypto';

/** What every model provider takes: 1 to 64 of `A–Z a–z 0–9 _ -`. */
const LONGEST = 64;

interface Named {
  readonly skill: string;
  readonly name: string;
}

/**
 * `skill__tool`; where that is too long, has other characters or would mean two tools, a digest of both names is
 * part of it. So no tool can take another's name, whatever the order in which skills are loaded.
 */
export function modelNames<T extends Named>(tools: readonly T[]): ReadonlyMap<string, T> {
  const plain = (tool: Named): string => `${tool.skill}__${tool.name}`;
  const counts = new Map<string, number>();
  for (const tool of tools) counts.set(plain(tool), (counts.get(plain(tool)) ?? 0) + 1);
  return new Map(
    tools.map((tool) => {
      const name = plain(tool);
      const isPlain =
        counts.get(name) === 1 && /^[A-Za-z0-9_-]+$/.test(name) && name.length <= LONGEST;
      return [isPlain ? name : withDigest(name, tool), tool];
    }),
  );
}

function withDigest(name: string, { skill, name: tool }: Named): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([skill, tool]))
    .digest('hex')
    .slice(0, 16);
  return `${name.replaceAll(/[^A-Za-z0-9_-]/g, '-').slice(0, LONGEST - 17)}-${digest}`;
}
