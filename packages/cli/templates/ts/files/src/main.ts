import { defineSkill } from '@skill-engine/guest';
import { listDirectory, readLines } from '@skill-engine/guest/files';
import { z } from 'zod';

interface Match {
  file: string;
  line: number;
  text: string;
}

/** Every file beneath a granted directory, in order. */
function* files(path: string): Generator<string> {
  for (const { name, kind } of listDirectory(path)) {
    const inside = path === '.' ? name : `${path}/${name}`;
    if (kind === 'directory') yield* files(inside);
    if (kind === 'file') yield inside;
  }
}

export default defineSkill({
  tools: {
    find: {
      description: 'Finds the lines of all files that contain a text',
      input: z.object({
        text: z.string().min(1).describe('What to look for, exactly as it stands'),
        limit: z.int().min(1).max(1000).default(100).describe('How many lines to return'),
      }),
      run({ text, limit }) {
        const found: Match[] = [];
        for (const file of files('.')) {
          let number = 0;
          for (const line of readLines(file)) {
            number += 1;
            if (!line.includes(text)) continue;
            found.push({ file, line: number, text: line });
            if (found.length === limit) return { found, complete: false };
          }
        }
        return { found, complete: true };
      },
    },
  },
});
