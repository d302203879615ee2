const section = {
  type: 'object',
  properties: {
    heading: { type: 'string', minLength: 1, maxLength: 200 },
    text: { type: 'string', description: 'Markdown, taken as it is' },
    items: { type: 'array', items: { type: 'string' }, description: 'A list' },
    table: {
      type: 'object',
      properties: {
        columns: { type: 'array', items: { type: 'string' }, minItems: 1 },
        rows: {
          type: 'array',
          items: {
            type: 'array',
            items: { type: ['string', 'number', 'boolean', 'null'] },
          },
        },
      },
      required: ['columns', 'rows'],
      additionalProperties: false,
    },
  },
  required: ['heading'],
  additionalProperties: false,
};

/** JSON Schema of the parameters of `write-report`. */
export const parameters = {
  type: 'object',
  properties: {
    path: {
      type: 'string',
      format: 'path',
      minLength: 4,
      maxLength: 255,
      description: 'The file to write, beneath the granted directory, ending in .md',
    },
    title: { type: 'string', minLength: 1, maxLength: 200 },
    summary: { type: 'string', description: 'Markdown, taken as it is' },
    sections: { type: 'array', items: section, maxItems: 200 },
    overwrite: {
      type: 'boolean',
      default: false,
      description: 'Replace a report that is there already',
    },
  },
  required: ['path', 'title'],
  additionalProperties: false,
};
