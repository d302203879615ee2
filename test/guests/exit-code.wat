;; world: import wasi:cli/exit@0.2.12; export wasi:cli/run@0.2.12;
;; CLI-01: a command that ends with exit code 7 and must not come back from it.
(module
  (import "wasi:cli/exit@0.2.12" "exit-with-code" (func $exit-with-code (param i32)))
  (memory (export "memory") 1)
  (func (export "wasi:cli/run@0.2.12#run") (result i32)
    (call $exit-with-code (i32.const 7))
    (unreachable)))
