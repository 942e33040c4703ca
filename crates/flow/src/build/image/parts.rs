//! What a disk is made of besides the tree: kernel, stub, loader, blobs.

use std::borrow::Cow;
use std::io::Read;

use formwork_codec::{Compression, Limits, decoder};
use formwork_deb::sha256::Sha256;
use formwork_image::disk::Blob;
use formwork_image::make::{Kernel, Part};
use formwork_image::tree::Tree;
use formwork_model::layout::{BlobSource, Layout, Loader};
use formwork_model::lock::LockedPackage;
use formwork_model::settings::ProjectFile;
use formwork_rootfs::report::Report;
use formwork_sys::fs;

use crate::Error;
use crate::build::beside::{self, Beside, Taken};
use crate::project::ProjectError;

/// How a kernel begins that is packed with gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The packages that may have the stub of unified kernel images.
const STUBS: [&str; 2] = ["systemd-boot-efi", "systemd"];
/// The package of EFI Boot Guard.
const EFI_BOOT_GUARD: [&str; 1] = ["efibootguard"];

/// Files that are read before a disk is made.
pub(super) struct Parts<'a> {
    stub: Option<Taken>,
    loader: Option<Taken>,
    blobs: Vec<(String, u64, Vec<u8>)>,
    kernel: Option<Unpacked<'a>>,
}

/// The kernel of the tree.
struct Unpacked<'a> {
    /// Its package as the lock writes it.
    package: Option<String>,
    /// Its absolute path.
    path: String,
    bytes: Cow<'a, [u8]>,
}

impl<'a> Parts<'a> {
    /// Takes stub, loader and blobs out of their packages and the project.
    pub(super) fn take(
        layout: &Layout,
        architecture: &str,
        beside: &[Beside],
    ) -> Result<Parts<'a>, Error> {
        let mut parts = Parts {
            stub: None,
            loader: None,
            blobs: Vec::new(),
            kernel: None,
        };
        if let Some(boot) = &layout.boot {
            let take = |names: &[&str], paths: &[String]| {
                let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
                let taken = beside::file(beside, names, &paths);
                taken.map(Some).map_err(|error| error.at(&boot.at))
            };
            let machine = Machine::of(architecture);
            match boot.loader {
                Loader::Uki => parts.stub = take(&STUBS, &[machine.stub()])?,
                Loader::EfiBootGuard => {
                    parts.stub = take(&EFI_BOOT_GUARD, &machine.boot_guard("kernel-stub"))?;
                    parts.loader = take(&EFI_BOOT_GUARD, &machine.boot_guard("efibootguard"))?;
                }
                Loader::None => {}
            }
        }
        for blob in &layout.blobs {
            let bytes = match &blob.source {
                BlobSource::File(file) => project_file(file)?,
                BlobSource::Package { package, file } => {
                    let taken = beside::file(beside, &[package], &[file]);
                    taken.map_err(|error| error.at(&blob.at))?.bytes
                }
            };
            parts.blobs.push((blob.name.clone(), blob.offset, bytes));
        }
        Ok(parts)
    }

    /// Reads the kernel out of the tree; firmware starts none that is packed with gzip.
    pub(super) fn unpack_kernel(
        &mut self,
        tree: &Tree<'a>,
        report: &Report,
        packages: &[&LockedPackage],
    ) -> Result<(), Error> {
        let Some(kernel) = &report.kernel else {
            return Ok(());
        };
        let Some(bytes) = tree.file(&kernel.path) else {
            return Ok(());
        };
        let bytes = match bytes.starts_with(&GZIP) {
            false => Cow::Borrowed(bytes),
            true => {
                let fail = |reason: String| {
                    Error::Check(format!(
                        "the kernel {} cannot be unpacked: {reason}",
                        kernel.path
                    ))
                };
                let mut plain = Vec::new();
                decoder(Compression::Gzip, bytes, &Limits::unsigned())
                    .map_err(|error| fail(error.to_string()))?
                    .read_to_end(&mut plain)
                    .map_err(|error| fail(error.to_string()))?;
                Cow::Owned(plain)
            }
        };
        let package = kernel.package.as_deref().map(|owner| {
            let name = owner.split(':').next().unwrap_or(owner);
            let found = packages.iter().find(|package| package.name == name);
            found.map_or_else(|| owner.to_owned(), |package| beside::reference(package))
        });
        self.kernel = Some(Unpacked {
            package,
            path: format!("/{}", kernel.path),
            bytes,
        });
        Ok(())
    }

    /// The kernel as a disk takes it.
    pub(super) fn kernel<'b>(&'b self, report: &'b Report) -> Option<Kernel<'b>> {
        let kernel = self.kernel.as_ref()?;
        Some(Kernel {
            version: &report.kernel.as_ref()?.version,
            part: Part {
                package: kernel.package.as_deref(),
                path: &kernel.path,
                bytes: &kernel.bytes,
            },
        })
    }

    /// The stub of the unified kernel image.
    pub(super) fn stub(&self) -> Option<Part<'_>> {
        self.stub.as_ref().map(part)
    }

    /// EFI Boot Guard.
    pub(super) fn loader(&self) -> Option<Part<'_>> {
        self.loader.as_ref().map(part)
    }

    /// The blobs as a disk takes them.
    pub(super) fn blobs(&self) -> Vec<Blob<'_>> {
        let mut blobs = Vec::with_capacity(self.blobs.len());
        for (name, offset, bytes) in &self.blobs {
            let offset = *offset;
            blobs.push(Blob {
                name,
                offset,
                bytes,
            });
        }
        blobs
    }
}

/// The initial RAM disk as a disk takes it.
pub(super) fn initrd(bytes: &[u8]) -> Part<'_> {
    Part {
        package: None,
        path: "initrd",
        bytes,
    }
}

fn part(taken: &Taken) -> Part<'_> {
    Part {
        package: Some(&taken.package),
        path: &taken.path,
        bytes: &taken.bytes,
    }
}

/// A file of the project, checked against what was read before.
fn project_file(file: &ProjectFile) -> Result<Vec<u8>, Error> {
    let bytes = fs::read_limited(&file.host, file.size)?;
    if Sha256::of(&bytes).to_string() == file.sha256 {
        return Ok(bytes);
    }
    Err(ProjectError::Setting {
        at: file.at.clone(),
        message: format!("{} has changed while the image was built", file.path),
        hint: "build again".to_owned(),
    }
    .into())
}

/// What UEFI and Debian call an architecture.
struct Machine {
    efi: &'static str,
    triplet: &'static str,
}

impl Machine {
    fn of(architecture: &str) -> Machine {
        let (efi, triplet) = match architecture {
            "arm64" => ("aa64", "aarch64-linux-gnu"),
            "armhf" => ("arm", "arm-linux-gnueabihf"),
            "i386" => ("ia32", "i386-linux-gnu"),
            "riscv64" => ("riscv64", "riscv64-linux-gnu"),
            _ => ("x64", "x86_64-linux-gnu"),
        };
        Machine { efi, triplet }
    }

    /// The stub of systemd.
    fn stub(&self) -> String {
        format!("/usr/lib/systemd/boot/efi/linux{}.efi.stub", self.efi)
    }

    /// A file of EFI Boot Guard, in the places where versions of its package have it.
    fn boot_guard(&self, name: &str) -> [String; 2] {
        let Machine { efi, triplet } = self;
        [
            format!("/usr/lib/{triplet}/efibootguard/{name}{efi}.efi"),
            format!("/usr/lib/efibootguard/{name}{efi}.efi"),
        ]
    }
}
