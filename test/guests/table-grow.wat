;; native
;; MEM-03: grows a table by 100 elements at a time until that is refused. Returns how many it has.
(table $elements 0 funcref)
(func (export "skill:engine/tools@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
  (block $refused
    (loop $more
      (br_if $refused (i32.eq (table.grow $elements (ref.null func) (i32.const 100)) (i32.const -1)))
      (br_if $more (i32.lt_u (table.size $elements) (i32.const 100000000)))))
  (call $ok-number (table.size $elements)))
