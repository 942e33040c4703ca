//! The tiny archive that the pages of `docs` show their examples on: bookworm in miniature.

use formwork_testkit::archive::{Archive, Suite};
use formwork_testkit::package::{Package, Source};

/// The image of the project.
pub(crate) const IMAGE: &str = "packages = [\"fail2ban\"]\nvariant = \"essential\"\n";

/// The project in which the examples run: as `formwork init` makes it, but for the keyring.
pub(crate) fn project(archive: &Archive) -> String {
    format!(
        "[project]\nname = \"toy\"\nsuites = [\"bookworm\"]\narchitectures = [\"amd64\"]\n\n\
         [repositories.debian]\nsuites = [\"bookworm\"]\nkeyrings = [\"{}\"]\n",
        archive.keyring().display()
    )
}

/// Suite bookworm with some packages everybody knows.
pub(crate) fn archive() -> Archive {
    let archive = Archive::new();
    let suite = Suite::new("bookworm")
        .field("Version", "12.15")
        .field("Origin", "Debian")
        .field("Label", "Debian")
        .architectures(&["amd64", "arm64"])
        .date("2026-11-01T09:00:00Z")
        .packages(
            ["amd64", "arm64"]
                .iter()
                .flat_map(|architecture| packages(architecture)),
        )
        .package(
            Package::new("fail2ban", "1.0.2-2", "all")
                .field("Depends", "python3:any, nftables | iptables")
                .field(
                    "Description",
                    "ban hosts that cause multiple authentication errors",
                ),
        )
        .source(source(
            "fail2ban",
            "1.0.2-2",
            "fail2ban",
            "debhelper-compat (= 13), python3",
        ))
        .source(source(
            "mawk",
            "1.3.4.20200120-3.1",
            "mawk",
            "debhelper-compat (= 13)",
        ));
    archive.write(&suite);
    archive
}

fn source(name: &str, version: &str, binaries: &str, build_depends: &str) -> Source {
    Source::new(name, version, binaries).field("Build-Depends", build_depends)
}

/// Rows of name, version, further fields.
type Row = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

const PACKAGES: &[Row] = &[
    (
        "libc6",
        "2.36-9+deb12u13",
        &[
            ("Source", "glibc"),
            ("Multi-Arch", "same"),
            ("Priority", "optional"),
        ],
    ),
    (
        "python3",
        "3.11.2-1+b1",
        &[
            ("Source", "python3-defaults (3.11.2-1)"),
            ("Multi-Arch", "allowed"),
            ("Pre-Depends", "python3-minimal (= 3.11.2-1+b1)"),
            (
                "Description",
                "interactive high-level object-oriented language",
            ),
        ],
    ),
    (
        "python3-minimal",
        "3.11.2-1+b1",
        &[
            ("Source", "python3-defaults (3.11.2-1)"),
            ("Multi-Arch", "allowed"),
            ("Depends", "libc6 (>= 2.35)"),
        ],
    ),
    (
        "nftables",
        "1.0.6-2+deb12u2",
        &[
            ("Depends", "libc6 (>= 2.34)"),
            ("Description", "program to control packet filtering"),
        ],
    ),
    ("iptables", "1.8.9-2", &[("Depends", "libc6 (>= 2.34)")]),
    (
        "mawk",
        "1.3.4.20200120-3.1",
        &[
            ("Provides", "awk"),
            ("Multi-Arch", "foreign"),
            ("Depends", "libc6 (>= 2.33)"),
            (
                "Description",
                "Pattern scanning and text processing language",
            ),
        ],
    ),
    (
        "gawk",
        "1:5.2.1-2",
        &[
            ("Provides", "awk"),
            ("Multi-Arch", "foreign"),
            ("Depends", "libc6 (>= 2.35)"),
        ],
    ),
    (
        "systemd-sysv",
        "252.39-1~deb12u1",
        &[
            ("Source", "systemd"),
            ("Conflicts", "sysvinit-core"),
            ("Multi-Arch", "foreign"),
        ],
    ),
    (
        "sysvinit-core",
        "3.06-4",
        &[
            ("Source", "sysvinit"),
            ("Conflicts", "systemd-sysv"),
            ("Multi-Arch", "foreign"),
        ],
    ),
];

fn packages(architecture: &str) -> Vec<Package> {
    PACKAGES
        .iter()
        .map(|(name, version, fields)| {
            fields.iter().fold(
                Package::new(name, version, architecture),
                |package, (name, value)| package.field(name, value),
            )
        })
        .collect()
}
