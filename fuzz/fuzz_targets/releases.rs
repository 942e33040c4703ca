//! Runs `formwork_deb::fuzzing::releases`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| formwork_deb::fuzzing::releases(bytes));
