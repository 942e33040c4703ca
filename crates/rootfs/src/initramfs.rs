//! The initial RAM disk: the files that the kernel starts with, until the root file system is
//! there.
//!
//! It is made of the finished tree and leaves nothing in it. Whoever made it, it is written by
//! [`archive`], so that the same files give the same bits.

mod archive;
mod config;
mod kept;
mod native;
#[cfg(test)]
mod tests;
mod tools;
mod view;

use std::path::Path;

use formwork_sys::tree::Tree;

use crate::error::Error;
use crate::job::{Job, Maker};
use crate::message::Message;
use crate::program::Run;
use crate::report::{Initrd, Kernel};
use crate::stage::{self, Known};
use view::View;

/// No initial RAM disk is larger, unpacked.
const MOST: u64 = 4 << 30;

/// An initial RAM disk with what is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The file.
    pub bytes: Vec<u8>,
    /// How it was made.
    pub initrd: Initrd,
    /// Whether it was made just now, and kept.
    pub is_new: bool,
}

/// Why there is no initial RAM disk.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InitramfsError {
    /// The tree has no program that makes one.
    #[error(
        "the image cannot make its initial RAM disk: it has no mkinitramfs; add the package \
         initramfs-tools to it"
    )]
    NoTools,
    /// The configuration asks for what cannot be known when an image is built.
    #[error(
        "{place} says MODULES={value}, which means the modules of the machine that builds the \
         image; say MODULES=most, or MODULES=list and name the modules in \
         /etc/initramfs-tools/modules"
    )]
    Modules {
        /// The file that says so.
        place: String,
        /// What it says.
        value: String,
    },
    /// What the tree's own program wrote is no initial RAM disk.
    #[error("what mkinitramfs wrote cannot be read: {0}")]
    Unreadable(String),
    /// The kernel reads no initial RAM disk in any form that we write.
    #[error(
        "the kernel {version} unpacks no initial RAM disk: its configuration has none of \
         CONFIG_RD_ZSTD, CONFIG_RD_GZIP and CONFIG_BLK_DEV_INITRD"
    )]
    Kernel {
        /// Its version.
        version: String,
    },
}

/// Makes the initial RAM disk of a kernel of the tree, or takes the one that is kept, where it
/// would be made again.
///
/// # Errors
/// If the tree has nothing to make it of, or a program of it fails.
pub(crate) fn make(
    tree: &Tree,
    job: &Job,
    (kernel, known): (&Kernel, Option<&Known>),
    run: &mut dyn Run,
    tell: &mut dyn FnMut(Message),
) -> Result<Made, Error> {
    let view = View::new(tree, job.date).knowing(known);
    let Some(place) = stage::place_of_initrd(job, kernel) else {
        return Ok(anew(&view, job, kernel, run, tell)?.made());
    };
    match kept::take(&place, &view, job.date, run) {
        Ok(Some(made)) => return Ok(made),
        Ok(None) => {}
        Err(kept::Damaged) => tell(Message::Warning(
            "the kept initial RAM disk is damaged, and made again".to_owned(),
        )),
    }
    let view = view.noting();
    let new = anew(&view, job, kernel, run, tell)?;
    let is_new = new.initrd.made_by == Maker::Native
        && is_kept(kept::keep(&place, &new, &view.into_answers()), tell);
    Ok(Made {
        is_new,
        ..new.made()
    })
}

/// Whether it was kept; whoever cannot keep it makes it again the next time.
fn is_kept(kept: Result<(), Error>, tell: &mut dyn FnMut(Message)) -> bool {
    if let Err(reason) = &kept {
        let text = format!("the initial RAM disk is not kept: {reason}");
        tell(Message::Warning(text));
    }
    kept.is_ok()
}

/// Says what is wrong with an initial RAM disk that is kept, if anything is.
pub(crate) fn check_kept(path: &Path) -> Result<(), String> {
    kept::check(path).map_err(|kept::Damaged| "the initial RAM disk is damaged".to_owned())
}

/// One that was made just now.
struct New {
    parts: archive::Parts,
    own: archive::Archive,
    initrd: Initrd,
}

impl New {
    fn made(self) -> Made {
        Made {
            bytes: self.parts.bytes,
            initrd: self.initrd,
            is_new: false,
        }
    }
}

/// Makes it.
fn anew(
    tree: &View<'_>,
    job: &Job,
    kernel: &Kernel,
    run: &mut dyn Run,
    tell: &mut dyn FnMut(Message),
) -> Result<New, Error> {
    if !tree.exists(tools::PROGRAM)? {
        return Err(InitramfsError::NoTools.into());
    }
    let packing = config::packing(tree, &kernel.version)?;
    let wish = job.kernel.as_ref();
    let mut made_by = wish.map_or_else(Maker::default, |wish| wish.initrd);
    let mut archive = None;
    if made_by == Maker::Native {
        match native::make(tree, job, kernel, run)? {
            Ok(made) => archive = Some(made),
            Err(native::Refusal(reason)) => {
                tell(Message::Warning(format!(
                    "the initial RAM disk is made by the image's own mkinitramfs: {reason}"
                )));
                made_by = Maker::InitramfsTools;
            }
        }
    }
    let archive = match archive {
        Some(archive) => archive,
        None => tools::make(tree.tree, kernel, run)?,
    };
    Ok(New {
        parts: archive.write(tree, packing, job.date)?,
        own: archive.own(),
        initrd: Initrd {
            made_by,
            packed: config::word(packing).to_owned(),
        },
    })
}
