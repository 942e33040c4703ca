//! How much memory a tree may take.
//!
//! A tree is made in memory. What a package's own script writes is bounded by this, so that a
//! runaway script ends with an error of its own and not with the machine's.

use std::path::Path;

use formwork_sys::fs;

/// What may be taken where this machine does not say how much is free.
const USUAL: u64 = 4 << 30;
/// No file of the process table is larger.
const MAX_BYTES: u64 = 1 << 20;

/// Four fifths of the memory that is free now.
pub(super) fn usual() -> u64 {
    let bytes = fs::read_limited(Path::new("/proc/meminfo"), MAX_BYTES).unwrap_or_default();
    let free = free(&String::from_utf8_lossy(&bytes));
    free.map_or(USUAL, |free| free / 5 * 4)
}

/// The bytes of memory that are free, by the kernel's own estimate.
fn free(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_estimate_is_read() {
        let text = "MemTotal:       24684084 kB\nMemFree:  7 kB\nMemAvailable:   23000000 kB\n";
        assert_eq!(free(text), Some(23_000_000 << 10));
        assert_eq!(free("MemTotal: 1 kB\n"), None);
        assert_eq!(free("MemAvailable: much\n"), None);
        assert!(usual() > 0);
    }
}
