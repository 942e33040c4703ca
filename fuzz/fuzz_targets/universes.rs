//! Runs `formwork_deb::fuzzing::universes`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| formwork_deb::fuzzing::universes(bytes));
