import type { Descriptor } from 'wasi:filesystem/types@0.2.12';
import { errorCode, grants, open, withFile, write } from '../../shared/files.ts';
import { InvalidParameters, ToolFailure, toolsOf } from '../../shared/tools.ts';
import { encodeUtf8 } from '../../shared/utf8.ts';
import { markdown, type Report } from './markdown.ts';
import { parameters } from './schema.ts';

interface Parameters extends Report {
  path: string;
  overwrite?: boolean;
}

/** Makes the directories that `path` lies in; one that is there already serves. */
function makeParents(root: Descriptor, path: string): void {
  const names = path.split('/').slice(0, -1);
  for (let count = 1; count <= names.length; count++) {
    try {
      root.createDirectoryAt(names.slice(0, count).join('/'));
    } catch (thrown) {
      if (errorCode(thrown) !== 'exist') throw thrown;
    }
  }
}

function writeReport({ path, overwrite = false, ...report }: Parameters) {
  if (!path.endsWith('.md')) throw new InvalidParameters('path: a report is a file ending in .md');
  const [grant] = grants();
  if (!grant) throw new ToolFailure('no-grant', 'no directory to write reports into is granted');
  const [root] = grant;
  const bytes = encodeUtf8(markdown(report));
  const flags = overwrite ? { create: true, truncate: true } : { create: true, exclusive: true };
  try {
    makeParents(root, path);
    withFile(open(root, path, { write: true }, flags), (file) => write(file, bytes));
  } catch (thrown) {
    const code = errorCode(thrown);
    const hint = code === 'exist' ? 'it is there already; `overwrite` replaces it' : code;
    throw new ToolFailure(code, `${path}: ${hint}`);
  }
  return { path, bytes: bytes.length };
}

export const tools = toolsOf({
  'write-report': {
    description: 'Writes a Markdown report into the granted directory',
    parameters,
    output: {
      type: 'object',
      properties: { path: { type: 'string' }, bytes: { type: 'integer' } },
    },
    run: (given) => writeReport(given as unknown as Parameters),
  },
});
