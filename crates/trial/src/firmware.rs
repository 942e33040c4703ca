//! Where Debian keeps the firmware of virtual machines.

use std::path::{Path, PathBuf};

use crate::error::TrialError;

/// Code and variables, in the order in which they are tried, and the package. Debian 11 to 13
/// have the first pair of each; the others are what some releases have instead or had before.
type Known = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
);

const KNOWN: [Known; 3] = [
    (
        "amd64",
        &[
            ("OVMF/OVMF_CODE_4M.fd", "OVMF/OVMF_VARS_4M.fd"),
            ("OVMF/OVMF_CODE.fd", "OVMF/OVMF_VARS.fd"),
        ],
        "ovmf",
    ),
    (
        "arm64",
        &[
            ("AAVMF/AAVMF_CODE.fd", "AAVMF/AAVMF_VARS.fd"),
            ("AAVMF/AAVMF_CODE.no-secboot.fd", "AAVMF/AAVMF_VARS.fd"),
        ],
        "qemu-efi-aarch64",
    ),
    (
        "armhf",
        &[
            ("AAVMF/AAVMF32_CODE.fd", "AAVMF/AAVMF32_VARS.fd"),
            ("AAVMF/AAVMF32_CODE.no-secboot.fd", "AAVMF/AAVMF32_VARS.fd"),
        ],
        "qemu-efi-arm",
    ),
];

/// The two files that a machine needs to begin by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firmware {
    /// The code, which no run changes.
    pub code: PathBuf,
    /// The variables as they are at first; each run has a copy of its own.
    pub variables: PathBuf,
}

/// Finds the firmware for an architecture below `share`, which is `/usr/share`.
///
/// # Errors
/// If it is not there; with the package that has it.
pub fn find(architecture: &str, share: &Path) -> Result<Firmware, TrialError> {
    let known = KNOWN.iter().find(|known| known.0 == architecture);
    let Some((_, pairs, package)) = known else {
        return Err(TrialError::Architecture(architecture.to_owned()));
    };
    let found = pairs.iter().find_map(|(code, variables)| {
        let (code, variables) = (share.join(code), share.join(variables));
        (code.is_file() && variables.is_file()).then_some(Firmware { code, variables })
    });
    found.ok_or_else(|| TrialError::Missing {
        what: format!("UEFI firmware for {architecture}"),
        package,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_release_has_its_names_and_each_architecture_its_package() {
        // (architecture, files that are there, which code is taken)
        let table: [(&str, &[&str], Result<&str, &str>); 8] = [
            (
                "amd64",
                &[
                    "OVMF/OVMF_CODE_4M.fd",
                    "OVMF/OVMF_VARS_4M.fd",
                    "OVMF/OVMF_CODE.fd",
                    "OVMF/OVMF_VARS.fd",
                ],
                Ok("OVMF/OVMF_CODE_4M.fd"),
            ),
            (
                "amd64",
                &["OVMF/OVMF_CODE.fd", "OVMF/OVMF_VARS.fd"],
                Ok("OVMF/OVMF_CODE.fd"),
            ),
            ("amd64", &["OVMF/OVMF_CODE_4M.fd"], Err("ovmf")),
            (
                "arm64",
                &["AAVMF/AAVMF_CODE.fd", "AAVMF/AAVMF_VARS.fd"],
                Ok("AAVMF/AAVMF_CODE.fd"),
            ),
            (
                "arm64",
                &["AAVMF/AAVMF_CODE.no-secboot.fd", "AAVMF/AAVMF_VARS.fd"],
                Ok("AAVMF/AAVMF_CODE.no-secboot.fd"),
            ),
            (
                "arm64",
                &["AAVMF/AAVMF32_CODE.fd", "AAVMF/AAVMF32_VARS.fd"],
                Err("qemu-efi-aarch64"),
            ),
            (
                "armhf",
                &["AAVMF/AAVMF32_CODE.fd", "AAVMF/AAVMF32_VARS.fd"],
                Ok("AAVMF/AAVMF32_CODE.fd"),
            ),
            ("armhf", &[], Err("qemu-efi-arm")),
        ];
        for (architecture, files, expected) in table {
            let share = tempfile::tempdir().unwrap();
            for file in files {
                let path = share.path().join(file);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, "").unwrap();
            }
            match (find(architecture, share.path()), expected) {
                (Ok(found), Ok(code)) => assert_eq!(found.code, share.path().join(code)),
                (Err(TrialError::Missing { package, .. }), Err(named)) => {
                    assert_eq!(package, named)
                }
                (other, _) => panic!("{architecture} {files:?}: {other:?}"),
            }
        }
    }
}
