import { defineSkill, InvalidParameters, jsonSchema, ToolError } from '@skill-engine/guest';
import { makeDirectory, writeFile } from '@skill-engine/guest/files';
import { encodeUtf8 } from '@skill-engine/guest/utf8';
import { markdown, type Report } from './markdown.ts';
import { parameters } from './schema.ts';

interface Parameters extends Report {
  path: string;
  overwrite?: boolean;
}

function writeReport({ path, overwrite = false, ...report }: Parameters) {
  if (!path.endsWith('.md')) throw new InvalidParameters('path: a report is a file ending in .md');
  const bytes = encodeUtf8(markdown(report));
  const parent = path.slice(0, Math.max(path.lastIndexOf('/'), 0));
  if (parent !== '') makeDirectory(parent);
  try {
    writeFile(path, bytes, { overwrite });
  } catch (thrown) {
    if (!(thrown instanceof ToolError) || thrown.code !== 'exist') throw thrown;
    throw new ToolError('exist', `${path}: it is there already; \`overwrite\` replaces it`);
  }
  return { path, bytes: bytes.length };
}

export default defineSkill({
  tools: {
    'write-report': {
      description: 'Writes a Markdown report into the granted directory',
      input: jsonSchema<Parameters>(parameters),
      output: {
        type: 'object',
        properties: { path: { type: 'string' }, bytes: { type: 'integer' } },
      },
      run: writeReport,
    },
  },
});
