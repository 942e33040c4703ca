//! `formwork inspect`: what an image is, what takes the room, and whether its records fit it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use formwork_flow::inspect::{self, Looked, Wish};
use formwork_model::documents::{
    Difference, ImageBoot, ImageDisk, ImageFileSystem, Inspected, InspectedFile,
};

use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::number::{count, counted, size};
use crate::terminal::style::Ink;
use crate::terminal::table::{Align, Cell, Table};
use crate::terminal::{nearby, printable};

/// Tell what an image is: disk, boot, packages, what takes the room
///
/// Everything comes from the records that the build left beside the image; they are compared with
/// each other. --verify reads the image too. Exit code 1 if anything does not fit.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork inspect gateway
  formwork inspect gateway --arch arm64 --top 30 --depth 4
  formwork inspect build/gateway/amd64/gateway.img --verify
  formwork inspect gateway --html gateway.html
  formwork inspect gateway --format pkglist")]
pub(crate) struct Inspect {
    /// An image of the project, or the path of an output or record; without it the project's only one
    #[arg(value_name = "IMAGE|PATH")]
    image: Option<String>,
    /// The image with these options, with commas between them (may be repeated)
    #[arg(long, value_name = "OPTION,…", value_delimiter = ',')]
    with: Vec<String>,
    /// The image for this architecture
    #[arg(short, long, value_name = "ARCH")]
    arch: Option<String>,
    /// The image for this suite
    #[arg(short, long, value_name = "SUITE")]
    suite: Option<String>,
    /// Read the image and compare it with its records: every file, partition and blob, both partition tables, what boots, the block map
    #[arg(long)]
    verify: bool,
    /// How many packages, directories and files are listed
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,
    /// How deep directories are told
    #[arg(long, value_name = "N", default_value_t = 2)]
    depth: usize,
    /// How to print
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value_t,
        conflicts_with = "json"
    )]
    format: Form,
    /// Write one page with a treemap into this file instead
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "format"])]
    html: Option<PathBuf>,
}

/// In which form an image is told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Lines for people
    #[default]
    Text,
    /// Lines of source,binary,version, as the Debian LTS and ELTS sponsors send them
    Pkglist,
}

impl Inspect {
    /// Looks and prints.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let wish = Wish {
            image: self.image.clone(),
            suite: self.suite.clone(),
            with: self.with.clone(),
            architecture: self.arch.clone(),
            depth: self.depth,
            verify: self.verify,
        };
        let looked = inspect::inspect(&context, &wish)?;
        let inspected = &looked.inspected;
        let outcome = match inspected.differences.is_empty() {
            true => Outcome::Fine,
            false => Outcome::No,
        };
        if session.options.json {
            session.output.json(inspected)?;
            return Ok(outcome);
        }
        if let Some(path) = &self.html {
            inspect::write_page(&looked, path)?;
            let line = format!("page  {}", printable(&nearby(path)));
            session.output.line(&line)?;
        } else {
            self.show(session, &looked)?;
        }
        if self.html.is_some() || self.format == Form::Pkglist {
            // Who takes only the list or the page must not overlook what is wrong with it.
            for one in &inspected.differences {
                session.warn(&told(one));
            }
        }
        Ok(outcome)
    }

    /// Prints the answer.
    fn show(&self, session: &mut Session, looked: &Looked) -> Result<(), Failure> {
        if self.format == Form::Pkglist {
            return Ok(session.output.text(&inspect::pkglist(looked))?);
        }
        let inspected = &looked.inspected;
        let style = session.output.style();
        let headline = format!(
            "{} · {} {} · {}",
            inspected.image, inspected.suite, inspected.architecture, inspected.date
        );
        let headline = style.paint(Ink::Strong, printable(&headline));
        session.output.line(&headline)?;
        if let Some(disk) = &inspected.disk {
            show_disk(session, disk)?;
        }
        for system in &inspected.filesystems {
            let file = system.file.as_deref().unwrap_or_default();
            session.output.line("")?;
            let line = format!("{file}  {}", told_system(system));
            session.output.line(&printable(&line))?;
        }
        if let Some(boot) = &inspected.boot {
            show_boot(session, boot)?;
        }
        self.show_packages(session, inspected)?;
        self.show_directories(session, inspected)?;
        let title = format!(
            "Files without package: {}, {}",
            count(inspected.unowned_files),
            size(inspected.unowned_bytes)
        );
        self.show_files(session, &title, &inspected.unowned)?;
        self.show_files(session, "Largest files", &inspected.largest)?;
        session.output.line("")?;
        show_verdict(session, inspected)
    }

    /// Prints the packages that hold most.
    fn show_packages(&self, session: &mut Session, inspected: &Inspected) -> Result<(), Failure> {
        let installed = inspected
            .packages
            .iter()
            .filter(|one| one.installed)
            .count();
        let beside = inspected.packages.len() - installed;
        let mut title = format!(
            "{} installed, {} in {}",
            counted(installed as u64, "package"),
            size(inspected.bytes),
            counted(inspected.files, "file")
        );
        if beside > 0 {
            title.push_str(&format!(
                ", {} beside them",
                counted(beside as u64, "package")
            ));
        }
        let mut table = rows();
        for one in inspected.packages.iter().take(self.top) {
            table.row([
                Cell::plain(size(one.bytes)),
                Cell::new(Ink::Faint, percent(one.bytes, inspected.bytes)),
                Cell::new(Ink::Strong, &one.name),
                Cell::new(Ink::Faint, &one.version),
            ]);
        }
        let rest = inspected.packages.iter().skip(self.top);
        let bytes = rest.fold(0_u64, |sum, one| sum.saturating_add(one.bytes));
        let others = inspected.packages.len().saturating_sub(self.top);
        if others > 0 {
            table.row([
                Cell::plain(size(bytes)),
                Cell::new(Ink::Faint, percent(bytes, inspected.bytes)),
                Cell::new(
                    Ink::Faint,
                    format!("in {}", counted(others as u64, "other")),
                ),
            ]);
        }
        print(session, &title, &table)
    }

    /// Prints the directories that hold most.
    fn show_directories(
        &self,
        session: &mut Session,
        inspected: &Inspected,
    ) -> Result<(), Failure> {
        let mut table = rows();
        let below = inspected.directories.iter().filter(|one| one.path != "/");
        for one in below.take(self.top) {
            table.row([
                Cell::plain(size(one.bytes)),
                Cell::new(Ink::Faint, percent(one.bytes, inspected.bytes)),
                Cell::new(Ink::Strong, &one.path),
                Cell::new(Ink::Faint, counted(one.files, "file")),
            ]);
        }
        print(session, "Directories with all below them", &table)
    }

    /// Prints files by their size.
    fn show_files(
        &self,
        session: &mut Session,
        title: &str,
        files: &[InspectedFile],
    ) -> Result<(), Failure> {
        let mut table = Table::new(&[Align::Right, Align::Left, Align::Left]).indented(2);
        for one in files.iter().take(self.top) {
            table.row([
                Cell::plain(size(one.bytes)),
                Cell::new(Ink::Strong, &one.path),
                Cell::new(Ink::Faint, one.package.as_deref().unwrap_or_default()),
            ]);
        }
        print(session, title, &table)
    }
}

/// A table of sizes, shares, names and something about them.
fn rows() -> Table {
    Table::new(&[Align::Right, Align::Right, Align::Left, Align::Left]).indented(2)
}

/// A title and what belongs to it.
fn print(session: &mut Session, title: &str, table: &Table) -> Result<(), Failure> {
    let text = table.render(session.output.style(), session.output.width());
    session.output.line("")?;
    session.output.line(&printable(title))?;
    Ok(session.output.text(&text)?)
}

/// A part of a whole: `17 %`.
fn percent(part: u64, whole: u64) -> String {
    match whole {
        0 => String::new(),
        whole => format!("{:.0} %", 100.0 * part as f64 / whole as f64),
    }
}

/// A file system in a few words.
fn told_system(system: &ImageFileSystem) -> String {
    let uuid = match system.uuid.as_str() {
        "" => String::new(),
        uuid => format!("  {uuid}"),
    };
    format!(
        "{} {}, {} used{uuid}",
        system.kind,
        size(system.size),
        size(system.used)
    )
}

/// Prints the partitions and blobs of a disk.
fn show_disk(session: &mut Session, disk: &ImageDisk) -> Result<(), Failure> {
    let mut table = Table::new(&[
        Align::Right,
        Align::Left,
        Align::Left,
        Align::Right,
        Align::Left,
        Align::Left,
        Align::Left,
    ])
    .indented(2);
    for one in &disk.partitions {
        let system = one.filesystem.as_ref();
        let used = system.map(|system| format!("{} used", size(system.used)));
        table.row([
            Cell::plain(one.number.to_string()),
            Cell::new(Ink::Strong, &one.name),
            Cell::plain(system.map_or("empty", |system| &system.kind)),
            Cell::plain(size(one.size)),
            Cell::plain(used.unwrap_or_default()),
            Cell::plain(one.mount.as_deref().unwrap_or_default()),
            Cell::new(Ink::Faint, system.map_or("", |system| &system.uuid)),
        ]);
    }
    for blob in &disk.blobs {
        table.row([
            Cell::plain(""),
            Cell::new(Ink::Strong, &blob.name),
            Cell::plain("blob"),
            Cell::plain(size(blob.size)),
            Cell::plain(format!("from byte {}", blob.offset)),
        ]);
    }
    let title = format!("{}  {}, {}", disk.file, size(disk.size), disk.guid);
    print(session, &title, &table)
}

/// Prints how an image boots.
fn show_boot(session: &mut Session, boot: &ImageBoot) -> Result<(), Failure> {
    let mut table = Table::new(&[Align::Left, Align::Right, Align::Left, Align::Left]).indented(2);
    for part in &boot.parts {
        table.row([
            Cell::new(Ink::Strong, &part.name),
            Cell::plain(size(part.size)),
            Cell::plain(&part.path),
            Cell::new(Ink::Faint, part.package.as_deref().unwrap_or_default()),
        ]);
    }
    let title = format!("Linux {} by {}", boot.kernel_version, boot.loader);
    print(session, &title, &table)?;
    let line = format!("  command line  {}", boot.command_line);
    Ok(session.output.line(&printable(&line))?)
}

/// Says whether everything fits.
fn show_verdict(session: &mut Session, inspected: &Inspected) -> Result<(), Failure> {
    let style = session.output.style();
    for one in &inspected.differences {
        let line = format!("{}  {}", style.paint(Ink::Bad, "differs"), told(one));
        session.output.line(&line)?;
    }
    let line = match (inspected.differences.len() as u64, inspected.verified) {
        (0, true) => "Records and image fit each other.".to_owned(),
        (0, false) => "The records fit each other; --verify reads the image too.".to_owned(),
        (some, _) => format!("{} between records and image.", counted(some, "difference")),
    };
    Ok(session.output.line(&line)?)
}

/// A difference in one line that no record can break.
fn told(one: &Difference) -> String {
    let line = format!(
        "{}: {}: recorded {}, found {}",
        one.place, one.what, one.recorded, one.found
    );
    printable(&line).into_owned()
}
