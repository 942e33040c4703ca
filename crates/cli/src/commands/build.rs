//! `formwork build`: from the lock to a finished image.

use std::path::{Path, PathBuf};

use clap::{ArgAction, Args, ValueEnum};
use formwork_flow::build::{
    self, Compression, Form, Loose, NotBuilt, Order, Outcome as Came, Stage, What,
};
use formwork_flow::lock::Locked;
use formwork_flow::timings::{self, seconds, times};
use formwork_model::documents::{Built, Timings};
use formwork_model::project::Variant;

use super::lock;
use crate::arguments::{VariantChoice, timestamp};
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::table::{Align, Cell, Table};
use crate::terminal::{nearby, printable};

/// Build an image: a disk that boots, its root file system, a tar archive, …
///
/// Installs exactly what formwork.lock names, in a sandbox without network, and needs neither
/// root nor any of this machine's packaging tools. Outputs go to build/IMAGE/ARCH/, in the forms
/// that the image names. A project without a lock is locked first; a lock that no longer fits is
/// not touched: exit code 1.
///
/// Without a project (or with --include or --variant instead of IMAGE) the tree is what the
/// command line says, from the mirror that this machine's apt uses.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork build gateway
  formwork build gateway --with debug
  formwork build gateway --arch arm64 --kind disk --kind tar
  formwork build --suite trixie --variant minbase --include openssh-server,nftables -o root.tar")]
pub(crate) struct Build {
    /// The image; without it the project's only one
    #[arg(value_name = "IMAGE")]
    image: Option<String>,
    /// Build with these options of the image, with commas between them (may be repeated)
    #[arg(
        long,
        value_name = "OPTION,…",
        value_delimiter = ',',
        conflicts_with_all = ["variant", "include"]
    )]
    with: Vec<String>,
    /// Build for this architecture of the image; without it for this machine's, or the image's first
    #[arg(short, long, value_name = "ARCH")]
    arch: Option<String>,
    /// Build for this suite of the image; without a project, take packages from it (may be repeated)
    #[arg(short, long = "suite", value_name = "SUITE", action = ArgAction::Append)]
    suites: Vec<String>,
    /// Hand the image over in this form (may be repeated) [default: what the image says, else tar]
    #[arg(short, long = "kind", value_name = "KIND", value_enum, action = ArgAction::Append)]
    kinds: Vec<KindChoice>,
    /// Compress the disk besides, as the image's `disk.compress` does
    #[arg(long, value_name = "FORMAT", value_enum)]
    compress: Option<CompressChoice>,
    /// Write the one output to this path, and the records beside it
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Keep the tree of a build that fails
    #[arg(long)]
    keep: bool,
    /// Say where the time went and how near that is to the least possible, and draw it as a page
    #[arg(long)]
    timings: bool,
    /// Let maintainer scripts call the packages' own helpers only: slower, and the same tree
    #[arg(long)]
    no_native_helpers: bool,
    /// Make everything from nothing: take no stage from the cache, and keep none
    #[arg(long)]
    no_stages: bool,
    /// Build though nothing has changed since the outputs were written
    #[arg(long)]
    rebuild: bool,
    /// Let the tree take at most so much memory, for example 4G [default: most of what is free]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    space: Option<u64>,
    /// Stop early: `scripts` leaves the tree as the maintainer scripts made it
    #[arg(long, value_name = "STAGE", value_enum, hide = true)]
    until: Option<Until>,
    #[command(flatten)]
    loose: LooseOptions,
}

/// Options that describe a tree without an image.
#[derive(Debug, Args)]
#[command(next_help_heading = "Without an image")]
struct LooseOptions {
    /// Begin with the packages that debootstrap would install for this variant [default: minbase]
    #[arg(long, value_name = "VARIANT", value_enum, conflicts_with = "image")]
    variant: Option<VariantChoice>,
    /// Install these packages too: NAME, NAME=VERSION or NAME/SUITE, with commas between them
    #[arg(
        long,
        value_name = "NAME,…",
        value_delimiter = ',',
        conflicts_with = "image"
    )]
    include: Vec<String>,
    /// Follow Recommends as well as Depends
    #[arg(long, conflicts_with = "image")]
    recommends: bool,
    /// Take packages from this component instead of main (may be repeated)
    #[arg(short, long = "component", value_name = "COMPONENT", action = ArgAction::Append, conflicts_with = "image")]
    components: Vec<String>,
    /// Take the archive as it was, for example 20260901T000000Z
    #[arg(long, value_name = "TIMESTAMP", conflicts_with = "image")]
    at: Option<String>,
    /// Trust the keys of this file instead of Debian's archive keys (may be repeated)
    #[arg(long = "keyring", value_name = "FILE", action = ArgAction::Append, conflicts_with = "image")]
    keyrings: Vec<PathBuf>,
}

/// The forms in which an image is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum KindChoice {
    /// A partitioned disk
    Disk,
    /// One tar archive, sorted, with numeric owners
    Tar,
    /// A directory; its owners are right only if root builds it
    Dir,
    /// The root file system as ext4
    Ext4,
    /// The root file system as squashfs
    Squashfs,
    /// The root file system as EROFS
    Erofs,
    /// The initial RAM disk
    Initrd,
}

/// How a disk is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CompressChoice {
    /// As .zst
    Zst,
    /// As .xz
    Xz,
}

/// The stages at which a build can be told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Until {
    /// All packages are configured
    Scripts,
    /// The image's own settings are applied
    Settings,
}

impl Build {
    /// Builds, and says what was written.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let order = self.order(session)?;
        let context = session.context()?;
        let (came, timings) = match self.timings {
            true => {
                let timed = timings::build(&context, &order)?;
                (timed.outcome, timed.timings)
            }
            false => (build::build(&context, &order)?, None),
        };
        match came {
            Came::Built(built) => {
                let outcome = self.show(session, &built)?;
                if let Some((timings, page)) = timings.filter(|_| !session.options.json) {
                    show_timings(session, &timings, &page)?;
                }
                Ok(outcome)
            }
            Came::Not(NotBuilt::Stale(checked)) => lock::show_checked(session, &checked),
            Came::Not(NotBuilt::Impossible(impossible)) => {
                lock::show_locked(session, &Locked::Impossible(impossible))
            }
            Came::Not(NotBuilt::Denied(findings)) => {
                lock::show_locked(session, &Locked::Denied(findings))
            }
        }
    }

    /// What the command line asks for.
    fn order(&self, session: &Session) -> Result<Order, Failure> {
        Ok(Order {
            what: self.what(session)?,
            architecture: self.arch.clone(),
            forms: self.kinds.iter().map(|kind| kind.meant()).collect(),
            compress: self.compress.map(CompressChoice::meant),
            output: self.output.clone(),
            keep: self.keep,
            native_helpers: !self.no_native_helpers,
            stages: !self.no_stages,
            // What nothing was done for has no times.
            rebuild: self.rebuild || self.no_stages || self.timings,
            space: self.space,
            until: match self.until {
                Some(Until::Scripts) => Stage::Scripts,
                Some(Until::Settings) => Stage::Settings,
                None => Stage::Finished,
            },
        })
    }

    /// An image of the project, or what the command line describes.
    fn what(&self, session: &Session) -> Result<What, Failure> {
        let named = self.image.is_some() || !self.with.is_empty();
        let loose = !named && (self.loose.is_used() || !session.has_project()?);
        if loose {
            if self.output.is_none() {
                return Err(Failure::Usage {
                    message: "there is no image, so the output needs a name".to_owned(),
                    hint: "give --output root.tar; or name an image of a project".to_owned(),
                });
            }
            return self.loose.meant(&self.suites).map(What::Loose);
        }
        if let [_, second, ..] = self.suites.as_slice() {
            return Err(Failure::Usage {
                message: format!(
                    "an image is built for one suite at a time, not also for {second}"
                ),
                hint: "run the command once for each".to_owned(),
            });
        }
        Ok(What::Image {
            name: self.image.clone(),
            suite: self.suites.first().cloned(),
            with: self.with.clone(),
        })
    }

    /// Prints the files, and what may come next.
    fn show(&self, session: &mut Session, built: &Built) -> Result<Outcome, Failure> {
        if session.options.json {
            session.output.json(built)?;
            return Ok(Outcome::Fine);
        }
        if built.unchanged {
            session.tell("unchanged: nothing to build since these files were written");
        }
        let mut table = Table::new(&[Align::Left, Align::Left, Align::Left]);
        for file in built.files.iter().filter(|file| file.kind != "tree") {
            let name = match file.kind.as_str() {
                kind @ ("packages" | "image") => kind,
                _ => base_name(&file.path),
            };
            let digest = match file.kind.as_str() {
                "dir" | "packages" | "image" | "bmap" => String::new(),
                _ => format!("sha256 {}", short(&file.sha256)),
            };
            let path = nearby(Path::new(&file.path));
            table.row([name, &path, &digest].map(Cell::plain));
        }
        let record = nearby(Path::new(&built.buildinfo));
        table.row(["record", &record, ""].map(Cell::plain));
        let text = table.render(session.output.style(), session.output.width());
        session.output.text(&text)?;
        if let Some(next) = self.next(built) {
            session.tell(&format!("\nNext: {next}"));
        }
        Ok(Outcome::Fine)
    }

    /// The command that a person may want next.
    fn next(&self, built: &Built) -> Option<String> {
        let has = |kind: &str| built.files.iter().find(|file| file.kind == kind);
        if has("disk").is_some() && self.output.is_none() {
            return Some(format!("formwork run {}", printable(&built.image)));
        }
        let path = nearby(Path::new(&has("tar")?.path));
        Some(format!("tar -tvf {} | less", printable(&path)))
    }
}

/// Prints where the time went.
fn show_timings(session: &mut Session, timings: &Timings, page: &Path) -> Result<(), Failure> {
    let [left, right] = [Align::Left, Align::Right];
    let mut table = Table::new(&[left, right, right, right, left]);
    let head = ["phase", "time", "share", "floor", ""];
    table.row(head.map(Cell::plain));
    for phase in &timings.phases {
        let floor = phase.floor.map(seconds).unwrap_or_default();
        let over = times(phase).map(|times| format!("{times} of the floor"));
        let share = format!("{} %", phase.share / 10);
        let took = seconds(phase.milliseconds);
        let cells = [
            &phase.name,
            &took,
            &share,
            &floor,
            &over.unwrap_or_default(),
        ];
        table.row(cells.map(Cell::plain));
    }
    let whole = seconds(timings.milliseconds);
    table.row(["all", &whole, "", "", ""].map(Cell::plain));
    let text = table.render(session.output.style(), session.output.width());
    session.output.text(&format!("\n{text}"))?;
    Ok(session.output.line(&format!("chart  {}", nearby(page)))?)
}

impl LooseOptions {
    /// Whether one of them was given.
    fn is_used(&self) -> bool {
        self.variant.is_some()
            || !self.include.is_empty()
            || self.recommends
            || !self.components.is_empty()
            || self.at.is_some()
            || !self.keyrings.is_empty()
    }

    /// The tree that they describe.
    fn meant(&self, suites: &[String]) -> Result<Loose, Failure> {
        Ok(Loose {
            suites: suites.to_vec(),
            components: self.components.clone(),
            variant: self
                .variant
                .map_or(Variant::Minbase, VariantChoice::variant),
            include: self.include.clone(),
            recommends: self.recommends,
            keyrings: self.keyrings.clone(),
            at: self.at.as_deref().map(timestamp).transpose()?,
        })
    }
}

impl KindChoice {
    fn meant(self) -> Form {
        match self {
            KindChoice::Disk => Form::Disk,
            KindChoice::Tar => Form::Tar,
            KindChoice::Dir => Form::Dir,
            KindChoice::Ext4 => Form::Ext4,
            KindChoice::Squashfs => Form::Squashfs,
            KindChoice::Erofs => Form::Erofs,
            KindChoice::Initrd => Form::Initrd,
        }
    }
}

impl CompressChoice {
    fn meant(self) -> Compression {
        match self {
            CompressChoice::Zst => Compression::Zst,
            CompressChoice::Xz => Compression::Xz,
        }
    }
}

/// A size as people write it: bytes, or with K, M, G or T in powers of 1024.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let (digits, shift) = match text.char_indices().next_back() {
        Some((at, unit)) if !unit.is_ascii_digit() => {
            let shift = ['K', 'M', 'G', 'T']
                .iter()
                .position(|known| unit.eq_ignore_ascii_case(known))
                .map(|place| 10 * (place as u32 + 1));
            (&text[..at], shift)
        }
        _ => (text, Some(0)),
    };
    let number = digits.parse::<u64>().ok().zip(shift);
    number
        .and_then(|(number, shift)| number.checked_mul(1 << shift))
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| "a size is a number with K, M, G or T behind it, as in 4G".to_owned())
}

/// The name of a file without its directories.
fn base_name(path: &str) -> &str {
    let name = Path::new(path).file_name().and_then(|name| name.to_str());
    name.unwrap_or(path)
}

/// The beginning and the end of a digest, enough to tell two apart by eye.
fn short(digest: &str) -> String {
    match (
        digest.get(..4),
        digest.get(digest.len().saturating_sub(2)..),
    ) {
        (Some(front), Some(back)) => format!("{front}…{back}"),
        _ => digest.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        let table = [
            ("4096", Some(4096)),
            ("4k", Some(4096)),
            ("4G", Some(4 << 30)),
            ("1T", Some(1 << 40)),
            ("0", None),
            ("", None),
            ("G", None),
            ("4GB", None),
            ("-1", None),
            ("99999999999T", None),
            ("4µ", None),
        ];
        for (text, expected) in table {
            assert_eq!(size(text).ok(), expected, "{text}");
        }
    }
}
