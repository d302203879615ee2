// Calls through a table.
function f0(x: i32): i32 { return x + 1; }
function f1(x: i32): i32 { return x * 3; }
function f2(x: i32): i32 { return x ^ 0x55; }
function f3(x: i32): i32 { return x >> 1; }
const table: ((x: i32) => i32)[] = [f0, f1, f2, f3];
export function run(n: i32): i32 {
  let x = 7;
  for (let i = 0; i < n; i++) x = unchecked(table[(i ^ x) & 3])(x);
  return x;
}
