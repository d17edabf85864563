module flagstate.example/interop/tlogcheck

go 1.27

require golang.org/x/mod v0.0.0

// Filled by `cargo xtask test` from the copy that the Go distribution carries; nothing of it is committed.
replace golang.org/x/mod => ./x-mod
