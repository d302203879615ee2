/** The cache of components: whether what is in it is what was once written. */
import { inspectCache } from '../component/cache.ts';
import type { StatePlaces } from '../places.ts';
import { type Check, fine, messageOf, warning } from './check.ts';

const name = 'component cache';

export async function examineCache({ cache }: StatePlaces, quick: boolean): Promise<Check[]> {
  try {
    const { authentic, refused } = await inspectCache(cache, quick);
    const whole = fine(
      name,
      `${authentic} components, ${quick ? 'their indexes are' : 'each'} authentic`,
    );
    return refused.length === 0
      ? [whole]
      : refused.map(({ key, reason }) =>
          warning(
            name,
            `${cache}/${key}: ${reason}`,
            'It does not run: the next load makes it anew. Somebody else may have written there, or the disk is failing.',
            `Find out who can write there; to clear it: rm -r '${cache}'`,
          ),
        );
  } catch (error) {
    return [
      warning(
        name,
        `${cache} cannot be read: ${messageOf(error)}`,
        'Every load takes as long as the first.',
        'Give it to the user that runs skills, or remove it.',
      ),
    ];
  }
}
