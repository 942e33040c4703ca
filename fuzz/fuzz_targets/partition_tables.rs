//! Runs `formwork_format::fuzzing::partition_tables`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| formwork_format::fuzzing::partition_tables(bytes));
