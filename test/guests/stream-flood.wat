;; native: import wasi:cli/stdin@0.2.12;
;; MEM-04: takes handles of one stream and never drops one.
(import "wasi:cli/stdin@0.2.12" "get-stdin" (func $get-stdin (result i32)))
(func (export "skill:engine/tools@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
  (loop $again (drop (call $get-stdin)) (br $again))
  unreachable)
