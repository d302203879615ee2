/**
 * The name that generated code gives to a label: words joined in camel case, each with at most its first letter upper.
 * Labels have words of letters and digits joined by "-" (`component/names.ts`).
 */
export function javascriptName(label: string): string {
  return label
    .split('-')
    .map((word, index) => {
      const lower = word.toLowerCase();
      return index === 0 ? lower : lower.charAt(0).toUpperCase() + lower.slice(1);
    })
    .join('');
}
