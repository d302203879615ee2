const codes = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 } as const;

export type Colour = keyof typeof codes;

export type Paint = (text: string, colour: Colour) => string;

/** Select Graphic Rendition sequences, or nothing. */
export function painter(on: boolean): Paint {
  return (text, colour) => (on && text !== '' ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text);
}
