module sealer.dev/bench/admission

go 1.26
