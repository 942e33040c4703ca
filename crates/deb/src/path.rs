//! Paths that an archive names: relative, plain, and never out of the archive.
//!
//! `Filename`, `Directory` and the file lists of a Release file come from outside. They
//! are joined to a mirror's address or to a directory, so a path that climbs or carries
//! control characters is refused where it is read.

/// Tells whether `path` is a relative path that stays inside the repository.
pub fn is_inside(path: &str) -> bool {
    let bytes = path.as_bytes();
    let plain = bytes.iter().all(|byte| *byte >= b' ' && *byte != 0x7f);
    // Two dots are rare, so that the slow question is seldom asked.
    let climbs = || path.split('/').any(|part| part == "..");
    plain
        && !matches!(bytes, [] | [b'/', ..] | [.., b'/'])
        && !(bytes.windows(2).any(|pair| pair == b"..") && climbs())
}

/// Tells whether `name` is one plain file name: inside, and without a directory.
pub fn is_file_name(name: &str) -> bool {
    is_inside(name) && name != "." && !name.contains('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn climbing_absolute_and_control_paths_are_refused() {
        for good in [
            "pool/main/a/a_1_all.deb",
            "./a.deb",
            "a..b/c",
            "main/binary-amd64/Packages",
        ] {
            assert!(is_inside(good), "{good}");
        }
        for bad in [
            "",
            "/etc/passwd",
            "..",
            "../a",
            "a/../b",
            "a/..",
            "a\0b",
            "a\nb",
            "a/",
            "a\u{7f}",
        ] {
            assert!(!is_inside(bad), "{bad:?}");
        }
        assert!(is_file_name("a_1.dsc"));
        assert!(!is_file_name("d/a_1.dsc"));
        assert!(!is_file_name("."));
    }
}
