import { expect, it } from 'vitest';
import { pythonError } from './python.ts';

const frames = `Traceback (most recent call last):
  File "/home/me/skill/.venv/bin/componentize-py", line 8, in <module>
    sys.exit(script())
             ^^^^^^^^
`;

it("is the error of the skill's own module", () => {
  const text = `${frames}AssertionError:   File "/0/app.py", line 24
    def x( {
           ^
SyntaxError: invalid syntax


Caused by:
    SyntaxError: invalid syntax (app.py, line 24)

Stack backtrace:
   0: <anyhow::Error>::msg::<alloc::string::String>`;
  expect(pythonError(text)).toBe(
    'File "app.py", line 24\n    def x( {\n           ^\nSyntaxError: invalid syntax',
  );
  expect(pythonError(`${frames}AssertionError: no world\n\nStack backtrace:\n  0: x`)).toBe(
    'no world',
  );
});

it('is all that was said when that is something else', () => {
  expect(pythonError('sh: not found')).toBe('sh: not found');
});
