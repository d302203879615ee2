import { defineSkill } from '@skill-engine/guest';
import { listDirectory, readLines } from '@skill-engine/guest/files';

/** Every file beneath a granted directory, in order. */
function* files(path) {
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
      input: {
        type: 'object',
        properties: {
          text: {
            type: 'string',
            minLength: 1,
            description: 'What to look for, exactly as it stands',
          },
          limit: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
        },
        required: ['text'],
        additionalProperties: false,
      },
      run({ text, limit = 100 }) {
        const found = [];
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
