//! What this machine says of itself: its architecture and the suite it runs.

use formwork_archive::mirror::AptSources;
use formwork_sys::fs;

use crate::Error;
use crate::context::Context;

/// No `os-release` is larger.
const MAX_BYTES: u64 = 64 << 10;

/// The Debian name of the architecture that this program was built for.
pub fn architecture() -> String {
    let name = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "arm" => "armhf",
        "x86" => "i386",
        "powerpc64" => "ppc64el",
        "loongarch64" => "loong64",
        same => same,
    };
    name.to_owned()
}

/// The suite that this machine runs, if its apt has it or a mirror is named.
pub fn suite(context: &Context) -> Result<String, Error> {
    let path = context.root.join("etc/os-release");
    let bytes = fs::read_limited(&path, MAX_BYTES)
        .or_else(|_| fs::read_limited(&context.root.join("usr/lib/os-release"), MAX_BYTES));
    let codename = bytes
        .ok()
        .and_then(|bytes| codename(&String::from_utf8_lossy(&bytes)));
    let known =
        codename.filter(|codename| context.settings.mirror.is_some() || in_apt(context, codename));
    known.ok_or(Error::NoSuite)
}

/// Whether one of apt's sources carries the suite.
fn in_apt(context: &Context, suite: &str) -> bool {
    let sources = AptSources::read(&context.root).sources;
    sources
        .iter()
        .any(|source| source.suites.iter().any(|own| own == suite))
}

/// The value of `VERSION_CODENAME`.
fn codename(os_release: &str) -> Option<String> {
    let value = os_release
        .lines()
        .find_map(|line| line.trim().strip_prefix("VERSION_CODENAME="))?;
    let value = value.trim().trim_matches(['"', '\'']);
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_name_is_read_with_or_without_quotes() {
        let cases = [
            ("NAME=x\nVERSION_CODENAME=bookworm\n", Some("bookworm")),
            ("VERSION_CODENAME=\"trixie\"", Some("trixie")),
            ("VERSION_CODENAME=''\n", None),
            ("UBUNTU_CODENAME=jammy\n", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(codename(text).as_deref(), expected, "{text}");
        }
    }
}
