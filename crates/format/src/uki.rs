//! Unified kernel images: which sections of the program are kernel, initial RAM disk and
//! command line, for the two stubs that are in use.
//!
//! The stub of systemd (UAPI Group, "Unified Kernel Image") has `.linux`, `.initrd`,
//! `.cmdline` in UTF-8, `.osrel` and `.uname`. That of EFI Boot Guard has `.kernel`, `.initrd`
//! and `.cmdline` in UTF-16 with an end.

use crate::ebg;
use crate::pe::{self, PeError, Section};

/// What a unified kernel image is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unified<'a> {
    /// The kernel.
    pub kernel: &'a [u8],
    /// The initial RAM disk, if there is one.
    pub initrd: Option<&'a [u8]>,
    /// The kernel command line.
    pub command_line: String,
    /// `os-release`, where the stub has a place for it.
    pub release: Option<&'a [u8]>,
    /// The version of the kernel, where the stub has a place for it.
    pub version: Option<String>,
}

/// Whether a stub is that of EFI Boot Guard, which names the kernel otherwise.
#[must_use]
pub fn is_of_efi_boot_guard(stub: &[u8]) -> bool {
    let mark = ebg::label("(EFI Boot Guard");
    stub.windows(mark.len()).any(|window| window == mark)
}

/// Takes a unified kernel image apart.
///
/// # Errors
/// If it is no program, or has no kernel in it.
pub fn read(program: &[u8]) -> Result<Unified<'_>, PeError> {
    let sections = pe::sections(program)?;
    let find =
        |name: &str| -> Option<&Section> { sections.iter().find(|section| section.name == name) };
    let content = |name: &str| -> Result<Option<&[u8]>, PeError> {
        find(name)
            .map(|section| pe::content(program, section))
            .transpose()
    };
    let command_line = content(".cmdline")?.unwrap_or_default();
    let (kernel, command_line) = match (content(".linux")?, content(".kernel")?) {
        (Some(kernel), _) => (kernel, utf8(command_line)),
        (None, Some(kernel)) => (kernel, ebg::text(command_line)),
        (None, None) => return Err(PeError::Malformed("it has no kernel in it")),
    };
    Ok(Unified {
        kernel,
        initrd: content(".initrd")?,
        command_line,
        release: content(".osrel")?,
        version: content(".uname")?.map(utf8),
    })
}

/// A text up to its end, if it has one.
fn utf8(bytes: &[u8]) -> String {
    let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}
