export const greet = (name) => `Hello, ${name}`;

export const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

export function spin() {
  for (;;);
}
