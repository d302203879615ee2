import { defineSkill, ToolError } from '@skill-engine/guest';
import { request } from '@skill-engine/guest/http';
import { z } from 'zod';

export default defineSkill({
  tools: {
    repository: {
      description: 'Says what a GitHub repository is about',
      input: z.object({
        owner: z.string().regex(/^[A-Za-z0-9-]+$/),
        name: z.string().regex(/^[A-Za-z0-9._-]+$/),
      }),
      run({ owner, name }) {
        const response = request(`https://api.github.com/repos/${owner}/${name}`, {
          headers: { accept: 'application/json', 'user-agent': '{{name}}' },
          timeoutMs: 10_000,
        });
        if (!response.ok) {
          throw new ToolError('api', `The API answered ${response.status}.`, {
            status: response.status,
          });
        }
        const { description, stargazers_count: stars } = z
          .object({ description: z.string().nullable(), stargazers_count: z.number() })
          .parse(response.json());
        return { description, stars };
      },
    },
  },
});
