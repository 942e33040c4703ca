//! Unified kernel images: a UEFI program that carries kernel, initial RAM disk and command line.
//!
//! The stub of the image's own suite is taken, and sections are added to it: as the UAPI
//! Group's specification names them, or as EFI Boot Guard's own stub does.

use formwork_format::ebg;
use formwork_format::pe::{self, PeError};

/// What goes into one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The stub, such as `linuxx64.efi.stub`.
    pub stub: &'a [u8],
    /// `/etc/os-release` of the tree.
    pub release: &'a [u8],
    /// The kernel command line.
    pub command_line: &'a str,
    /// The version of the kernel, as `uname -r` tells it.
    pub version: &'a str,
    /// The initial RAM disk.
    pub initrd: &'a [u8],
    /// The kernel.
    pub kernel: &'a [u8],
}

/// The UEFI program, with the sections that its stub looks for.
///
/// # Errors
/// If the stub is no UEFI program, or has no room for more sections.
pub fn build(parts: &Parts<'_>) -> Result<Vec<u8>, PeError> {
    if formwork_format::uki::is_of_efi_boot_guard(parts.stub) {
        let mut command_line = ebg::label(parts.command_line);
        command_line.extend([0, 0]);
        return pe::append(
            parts.stub,
            &[
                (".cmdline", &command_line),
                (".initrd", parts.initrd),
                (".kernel", parts.kernel),
            ],
        );
    }
    pe::append(
        parts.stub,
        &[
            (".osrel", parts.release),
            (".cmdline", parts.command_line.as_bytes()),
            (".uname", parts.version.as_bytes()),
            (".initrd", parts.initrd),
            // The last, so that a kernel that unpacks itself in place overwrites nothing.
            (".linux", parts.kernel),
        ],
    )
}
