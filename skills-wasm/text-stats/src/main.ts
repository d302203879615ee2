import type { Descriptor } from 'wasi:filesystem/types@0.2.12';
import { chunks, errorCode } from '../../shared/files.ts';
import { ToolFailure, toolsOf } from '../../shared/tools.ts';
import { Utf8Decoder } from '../../shared/utf8.ts';
import { walk } from '../../shared/walk.ts';
import { mostFrequent, TextCounter, type Counts } from './count.ts';
import { filesParameters, textParameters } from './schema.ts';

interface Options {
  top?: number;
  min_length?: number;
}

/** The defaults of the schema, for hosts that don't fill them in. */
const withDefaults = ({ top = 10, min_length: minLength = 4 }: Options) => ({ top, minLength });

function countText(parameters: Options & { text: string }) {
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
  file: Descriptor,
  terms: Map<string, number>,
  minLength: number,
): FileCounts | undefined {
  const decoder = new Utf8Decoder();
  const counter = new TextCounter(terms, minLength);
  let bytes = 0;
  for (const chunk of chunks(file)) {
    if (bytes === 0 && chunk.includes(0)) return undefined;
    bytes += chunk.length;
    counter.add(decoder.decode(chunk));
  }
  counter.add(decoder.finish());
  return { ...counter.finish(), bytes, utf8: decoder.wellFormed };
}

/** At most so many files are listed one by one; all are counted. */
const listLimit = 1000;

function countFiles(
  parameters: Options & { path?: string; extensions?: string[]; each?: boolean },
) {
  const { top, minLength } = withDefaults(parameters);
  const { path, extensions, each = false } = parameters;
  const total = { files: 0, bytes: 0, lines: 0, words: 0, characters: 0 };
  const list: ({ path: string } & FileCounts)[] = [];
  const skipped: { path: string; reason: string }[] = [];
  const terms = new Map<string, number>();
  for (const found of walk(path, { entries: 100_000, depth: 64 })) {
    if ('error' in found) {
      if (found.path === path) throw new ToolFailure(found.error, `${path}: ${found.error}`);
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
      skipped.push({ path: found.path, reason: errorCode(thrown) });
    }
  }
  return {
    ...total,
    terms: mostFrequent(terms, top),
    ...(each ? { list } : {}),
    skipped: skipped.slice(0, listLimit),
  };
}

export const tools = toolsOf({
  'count-text': {
    description: 'Counts the lines, words and most frequent terms of a text',
    parameters: textParameters,
    run: (parameters) => countText(parameters as unknown as Parameters<typeof countText>[0]),
  },
  'count-files': {
    description:
      'Counts the files, lines, words and most frequent terms of a directory with all it holds',
    parameters: filesParameters,
    run: (parameters) => countFiles(parameters as unknown as Parameters<typeof countFiles>[0]),
  },
});
