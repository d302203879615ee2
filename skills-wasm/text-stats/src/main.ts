import { defineSkill, jsonSchema, ToolError } from '@skill-engine/guest';
import { readChunks } from '@skill-engine/guest/files';
import { Utf8Decoder } from '@skill-engine/guest/utf8';
import { mostFrequent, TextCounter, type Counts } from './count.ts';
import { filesParameters, textParameters } from './schema.ts';
import { codeOf, walk } from './walk.ts';

interface Options {
  top?: number;
  min_length?: number;
}

/** The defaults of the schema, for hosts that don't fill them in. */
const withDefaults = ({ top = 10, min_length: minLength = 4 }: Options) => ({ top, minLength });

interface TextParameters extends Options {
  text: string;
}

function countText(parameters: TextParameters) {
  const { top, minLength } = withDefaults(parameters);
  const terms = new Map<string, number>();
  const counter = new TextCounter(terms, minLength);
  counter.add(parameters.text);
  return { ...counter.finish(), terms: mostFrequent(terms, top) };
}

interface FileCounts extends Counts {
  bytes: number;
  /** False when bytes had to be replaced to read the file as UTF-8. */
  utf8: boolean;
}

/** Counts one file, or returns undefined if it holds no text: a NUL in its first piece. */
function countFile(
  file: string,
  terms: Map<string, number>,
  minLength: number,
): FileCounts | undefined {
  const decoder = new Utf8Decoder();
  const counter = new TextCounter(terms, minLength);
  let bytes = 0;
  for (const chunk of readChunks(file)) {
    if (bytes === 0 && chunk.includes(0)) return undefined;
    bytes += chunk.length;
    counter.add(decoder.decode(chunk));
  }
  counter.add(decoder.finish());
  return { ...counter.finish(), bytes, utf8: decoder.wellFormed };
}

/** At most so many files are listed one by one; all are counted. */
const listLimit = 1000;

interface FilesParameters extends Options {
  path?: string;
  extensions?: string[];
  each?: boolean;
}

function countFiles(parameters: FilesParameters) {
  const { top, minLength } = withDefaults(parameters);
  const { path, extensions, each = false } = parameters;
  const total = { files: 0, bytes: 0, lines: 0, words: 0, characters: 0 };
  const list: ({ path: string } & FileCounts)[] = [];
  const skipped: { path: string; reason: string }[] = [];
  const terms = new Map<string, number>();
  for (const found of walk(path, { entries: 100_000, depth: 64 })) {
    if ('error' in found) {
      if (found.path === path) throw new ToolError(found.error, `${path}: ${found.error}`);
      skipped.push({ path: found.path, reason: found.error });
      continue;
    }
    if (extensions && !extensions.some((extension) => found.path.endsWith(extension))) continue;
    try {
      const counts = countFile(found.file, terms, minLength);
      if (!counts) {
        skipped.push({ path: found.path, reason: 'not a text' });
        continue;
      }
      total.files++;
      for (const key of ['bytes', 'lines', 'words', 'characters'] as const)
        total[key] += counts[key];
      if (each && list.length < listLimit) list.push({ path: found.path, ...counts });
    } catch (thrown) {
      skipped.push({ path: found.path, reason: codeOf(thrown) });
    }
  }
  return {
    ...total,
    terms: mostFrequent(terms, top),
    ...(each ? { list } : {}),
    skipped: skipped.slice(0, listLimit),
  };
}

export default defineSkill({
  tools: {
    'count-text': {
      description: 'Counts the lines, words and most frequent terms of a text',
      input: jsonSchema<TextParameters>(textParameters),
      run: countText,
    },
    'count-files': {
      description:
        'Counts the files, lines, words and most frequent terms of a directory with all it holds',
      input: jsonSchema<FilesParameters>(filesParameters),
      run: countFiles,
    },
  },
});
