import { defineSkill, ToolError } from '@skill-engine/guest';
import { z } from 'zod';

/** What stands between spaces and punctuation. */
const word = /[^\s.,;:!?"()]+/g;

export default defineSkill({
  tools: {
    readability: {
      description: 'Counts sentences and words of a text, and the words of an average sentence',
      input: z.object({
        text: z.string().min(1).describe('The text'),
        longest: z
          .int()
          .min(1)
          .max(20)
          .default(3)
          .describe('How many of the longest words to return'),
      }),
      run({ text, longest }) {
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
