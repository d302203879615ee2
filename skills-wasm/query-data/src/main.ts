import { search } from '@jmespath-community/jmespath';
import { defineSkill, ToolError } from '@skill-engine/guest';
import { readText } from '@skill-engine/guest/files';
import { parse } from 'papaparse';
import { z } from 'zod';

type Json = Parameters<typeof search>[0];

/** Rows by the names of the first line; numbers and booleans as what they are. */
function fromCsv(path: string, text: string): Json {
  const { data, errors } = parse<Record<string, string | number | boolean | null>>(text, {
    header: true,
    dynamicTyping: true,
    skipEmptyLines: true,
  });
  const error = errors.find(({ type }) => type !== 'Delimiter');
  if (error !== undefined) {
    const line = error.row === undefined ? '' : `, line ${error.row + 2}`;
    throw new ToolError('malformed', `${path}${line}: ${error.message}`);
  }
  return data;
}

function fromJson(path: string, text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new ToolError('malformed', `${path}: ${(error as Error).message}`);
  }
}

function query(expression: string, data: Json): unknown {
  try {
    return search(data, expression);
  } catch (error) {
    throw new ToolError('expression', `${expression}: ${(error as Error).message}`);
  }
}

export default defineSkill({
  tools: {
    query: {
      description:
        'Asks a CSV or JSON file by a JMESPath expression; a CSV file is a list of objects by its first line',
      input: z.strictObject({
        path: z.string().min(1).meta({ format: 'path' }).describe('Beneath the granted directory'),
        expression: z
          .string()
          .min(1)
          .max(2000)
          .describe('JMESPath: "[?price > `10`].name", "sum([].price)", "length(@)"'),
      }),
      run({ path, expression }) {
        const text = readText(path);
        const read = path.toLowerCase().endsWith('.csv') ? fromCsv : fromJson;
        return { result: query(expression, read(path, text)) };
      },
    },
  },
});
