import { defineSkill, ToolError } from '@skill-engine/guest';
import { request } from '@skill-engine/guest/http';

export default defineSkill({
  tools: {
    repository: {
      description: 'Says what a GitHub repository is about',
      input: {
        type: 'object',
        properties: {
          owner: { type: 'string', pattern: '^[A-Za-z0-9-]+$' },
          name: { type: 'string', pattern: '^[A-Za-z0-9._-]+$' },
        },
        required: ['owner', 'name'],
        additionalProperties: false,
      },
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
        const { description, stargazers_count: stars } = response.json();
        return { description, stars };
      },
    },
  },
});
