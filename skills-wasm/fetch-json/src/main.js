import { defineSkill, ToolError } from '@skill-engine/guest';
import { env } from '@skill-engine/guest/env';
import { request } from '@skill-engine/guest/http';

const api = 'https://api.github.com';

/** What stands for the token here; the host puts the token itself into requests to the API, and nowhere else. */
function authorization() {
  const placeholder = env('api_token');
  return placeholder === undefined ? {} : { authorization: `Bearer ${placeholder}` };
}

/** Follows `a.b.0` into a JSON value. */
function pick(value, path) {
  let at = value;
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) {
      throw new ToolError('no-member', `The answer has no ${path}.`);
    }
    at = at[name];
  }
  return at;
}

export default defineSkill({
  tools: {
    get: {
      description: 'Gets JSON from the GitHub API, all of it or one member of it',
      input: {
        type: 'object',
        properties: {
          path: {
            type: 'string',
            pattern: '^/[A-Za-z0-9._/?&=%-]*$',
            description: '"/repos/OWNER/NAME"',
          },
          member: { type: 'string', minLength: 1, description: 'Names with dots: "owner.login"' },
        },
        required: ['path'],
        additionalProperties: false,
      },
      run({ path, member }) {
        const response = request(`${api}${path}`, {
          headers: { accept: 'application/json', 'user-agent': 'skill-engine', ...authorization() },
          timeoutMs: 10_000,
        });
        if (!response.ok) {
          const remaining = response.headers['x-ratelimit-remaining'];
          throw new ToolError('status', `The API answered ${response.status} to ${path}.`, {
            status: response.status,
            ...(remaining === undefined ? {} : { remaining: Number(remaining) }),
          });
        }
        const value = response.json();
        return member === undefined ? value : pick(value, member);
      },
    },
  },
});
