;; world: export wasi:cli/run@0.2.12;
;; CLI-01: a command that returns an error, which is exit code 1.
(module
  (func (export "wasi:cli/run@0.2.12#run") (result i32) (i32.const 1)))
