/** JSON Schema of the options that both tools take. */
const options = {
  top: {
    type: 'integer',
    minimum: 0,
    maximum: 1000,
    default: 10,
    description: 'How many of the most frequent terms to return',
  },
  min_length: {
    type: 'integer',
    minimum: 1,
    maximum: 100,
    default: 4,
    description: 'The shortest word that is a term',
  },
};

export const textParameters = {
  type: 'object',
  properties: { text: { type: 'string', description: 'The text to count' }, ...options },
  required: ['text'],
  additionalProperties: false,
};

export const filesParameters = {
  type: 'object',
  properties: {
    path: {
      type: 'string',
      format: 'path',
      minLength: 1,
      maxLength: 4096,
      description: 'A file or directory beneath the granted directory; all of it when absent',
    },
    extensions: {
      type: 'array',
      items: { type: 'string', pattern: '^\\.[A-Za-z0-9]+$' },
      maxItems: 50,
      description: 'Count only files whose names end so, ".md" for example',
    },
    each: {
      type: 'boolean',
      default: false,
      description: 'Also list the counts of each file',
    },
    ...options,
  },
  additionalProperties: false,
};
