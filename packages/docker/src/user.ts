/** Whom a container runs as: numbers, and never root's. */
import { SkillError } from '@skill-engine/engine';

/** Beyond this, programs that read ids in 32 bits come to other numbers, 0 among them. */
const largest = 2_147_483_647;

/**
 * `UID` or `UID:GID` as `UID:GID`. A name means what the image's own files say, which can be root; so there are only
 * numbers. Without a group it is the one of the user's number: the daemon would take the image's word, or root's.
 *
 * @throws SkillError RUNTIME_UNSUPPORTED
 */
export function containerUser(text: string): string {
  const [user = '', group = user, ...more] = text.split(':');
  if (more.length > 0 || !isOrdinary(user) || !isOrdinary(group)) {
    const found = JSON.stringify(text);
    throw new SkillError(
      'RUNTIME_UNSUPPORTED',
      `A container does not run as user ${found}: allowed are numbers from 1 to ${largest}, such as "1000:1000". ` +
        'Names are not, since the image says what they mean, and may say root.',
    );
  }
  return `${user}:${group}`;
}

function isOrdinary(id: string): boolean {
  return /^[1-9][0-9]{0,9}$/.test(id) && Number(id) <= largest;
}
