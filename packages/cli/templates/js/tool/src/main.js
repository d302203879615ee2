import { defineSkill, ToolError } from '@skill-engine/guest';

/** What stands between spaces and punctuation. */
const word = /[^\s.,;:!?"()]+/g;

export default defineSkill({
  tools: {
    readability: {
      description: 'Counts sentences and words of a text, and the words of an average sentence',
      input: {
        type: 'object',
        properties: {
          text: { type: 'string', minLength: 1, description: 'The text' },
          longest: {
            type: 'integer',
            minimum: 1,
            maximum: 20,
            default: 3,
            description: 'How many of the longest words to return',
          },
        },
        required: ['text'],
        additionalProperties: false,
      },
      run({ text, longest = 3 }) {
        const words = text.match(word) ?? [];
        if (words.length === 0) throw new ToolError('no-words', 'The text has no words.');
        const sentences = text.split(/[.!?]+\s/).filter((part) => part.search(word) >= 0).length;
        return {
          sentences,
          words: words.length,
          wordsPerSentence: Math.round((words.length / sentences) * 10) / 10,
          longest: [...new Set(words)].sort((a, b) => b.length - a.length).slice(0, longest),
        };
      },
    },
  },
});
