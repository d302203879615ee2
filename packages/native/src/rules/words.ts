/** Words of a text, so that tables stay readable. */
export const words = (text: string): readonly string[] => text.trim().split(/\s+/);
