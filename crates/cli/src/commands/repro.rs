//! `formwork repro`: the same image twice, the second time in other surroundings.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use formwork_flow::build::{self, NotBuilt};
use formwork_flow::lock::Locked;
use formwork_flow::repro::{self, Order, Outcome as Came, Variation};
use formwork_model::documents::{self, ReproDifference};

use super::build::size;
use super::lock;
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::table::{Align, Cell, Table};
use crate::terminal::{nearby, printable};

/// How many differences are shown; `--json` has them all.
const SHOWN: usize = 40;

/// Build an image twice and compare: are the bits the same?
///
/// The first build is an ordinary one. The second one runs in other surroundings: directory, time
/// (400 days later), time zone, locale, umask, user, host name, number of processors, order of
/// files, a cold cache, not as root. If anything differs, the exit code is 1, and each file is
/// named with the kind of cause and the package or step that wrote it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork repro gateway
  formwork repro gateway --with debug --arch arm64
  formwork repro gateway --vary time,host-name
  formwork repro gateway --except root --bisect --keep")]
pub(crate) struct Repro {
    /// The image; without it the project's only one
    #[arg(value_name = "IMAGE")]
    image: Option<String>,
    /// Build with these options of the image, with commas between them (may be repeated)
    #[arg(long, value_name = "OPTION,…", value_delimiter = ',')]
    with: Vec<String>,
    /// Build for this architecture of the image
    #[arg(short, long, value_name = "ARCH")]
    arch: Option<String>,
    /// Build for this suite of the image
    #[arg(short, long, value_name = "SUITE")]
    suite: Option<String>,
    /// Vary these alone
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = variation())]
    vary: Option<Vec<Variation>>,
    /// Vary all but these
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        value_parser = variation(),
        conflicts_with = "vary"
    )]
    except: Vec<Variation>,
    /// Where something differs, build again with each variation alone to see which one does it
    #[arg(long)]
    bisect: bool,
    /// Keep the second build
    #[arg(long)]
    keep: bool,
    /// Let the tree take at most so much memory, for example 4G [default: most of what is free]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    space: Option<u64>,
    /// Be the second build, and write into this directory
    #[arg(long, value_name = "DIR", hide = true)]
    second: Option<PathBuf>,
}

impl Repro {
    /// Builds twice and says whether the bits are the same.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let order = self.order();
        if let Some(into) = &self.second {
            return second(session, &order, into);
        }
        let context = session.context()?;
        match repro::repro(&context, &order)? {
            Came::Compared(compared) => show(session, &compared),
            Came::Not(not) => show_not(session, not),
            Came::Failed(_) => {
                session
                    .output
                    .line("different: the second build failed, the first did not")?;
                session.tell("\nNext: the same with --vary, to see what it cannot bear");
                Ok(Outcome::No)
            }
        }
    }

    fn order(&self) -> Order {
        let mut vary: BTreeSet<Variation> = match &self.vary {
            Some(list) => list.iter().copied().collect(),
            None => Variation::ALL.into_iter().collect(),
        };
        for variation in &self.except {
            vary.remove(variation);
        }
        Order {
            image: self.image.clone(),
            with: self.with.clone(),
            suite: self.suite.clone(),
            architecture: self.arch.clone(),
            space: self.space,
            vary,
            bisect: self.bisect,
            keep: self.keep,
        }
    }
}

/// Is the second build: the one that runs this program again reads the answer.
fn second(session: &mut Session, order: &Order, into: &Path) -> Result<Outcome, Failure> {
    repro::enter(&order.vary);
    let context = session.context()?;
    match repro::second(&context, order, into)? {
        build::Outcome::Built(built) => {
            session.output.json(&*built)?;
            Ok(Outcome::Fine)
        }
        build::Outcome::Not(not) => show_not(session, not),
    }
}

/// Says why nothing was built.
fn show_not(session: &mut Session, not: NotBuilt) -> Result<Outcome, Failure> {
    match not {
        NotBuilt::Stale(checked) => lock::show_checked(session, &checked),
        NotBuilt::Impossible(impossible) => {
            lock::show_locked(session, &Locked::Impossible(impossible))
        }
        NotBuilt::Denied(findings) => lock::show_locked(session, &Locked::Denied(findings)),
    }
}

/// Prints what came of the comparison.
fn show(session: &mut Session, compared: &documents::Repro) -> Result<Outcome, Failure> {
    let outcome = match compared.same {
        true => Outcome::Fine,
        false => Outcome::No,
    };
    if session.options.json {
        session.output.json(compared)?;
        return Ok(outcome);
    }
    let mut table = Table::new(&[Align::Left, Align::Left, Align::Right]);
    let first = if compared.found {
        "as it is, found finished"
    } else {
        "as it is"
    };
    let took = |milliseconds: u64| match milliseconds {
        0 => String::new(),
        some => format!("{}.{} s", some / 1000, some % 1000 / 100),
    };
    let rows = [
        ("first build", first.to_owned(), compared.first_milliseconds),
        (
            "second build",
            effects(compared),
            compared.second_milliseconds,
        ),
    ];
    for (name, what, milliseconds) in rows {
        table.row([name, &what, &took(milliseconds)].map(Cell::plain));
    }
    for left in &compared.not_varied {
        let what = format!("{} stayed: {}", left.variation, left.reason);
        table.row(["", &what, ""].map(Cell::plain));
    }
    let text = table.render(session.output.style(), session.output.width());
    session.output.text(&text)?;
    match compared.same {
        true => show_same(session, compared)?,
        false => show_differences(session, compared)?,
    }
    if let Some(kept) = &compared.kept {
        let path = nearby(Path::new(kept));
        session
            .output
            .line(&format!("kept: {}", printable(&path)))?;
    }
    Ok(outcome)
}

/// What was varied, in a few words each.
fn effects(compared: &documents::Repro) -> String {
    let effects = Variation::ALL
        .iter()
        .filter(|variation| compared.varied.iter().any(|word| word == variation.word()))
        .map(|variation| variation.effect());
    let effects: Vec<&str> = effects.collect();
    match effects.is_empty() {
        true => "as the first".to_owned(),
        false => effects.join(" · "),
    }
}

/// The digest of what counts most: the disk, else the archive.
fn show_same(session: &mut Session, compared: &documents::Repro) -> Result<(), Failure> {
    let by_kind = |kind: &str| compared.outputs.iter().find(|output| output.kind == kind);
    let output = by_kind("disk")
        .or(by_kind("tar"))
        .or(compared.outputs.first());
    let digest = output.map_or("", |output| output.first.as_str());
    Ok(session
        .output
        .line(&format!("same: sha256 {digest} twice"))?)
}

/// Each file with its cause and its writer, below a line that counts them.
fn show_differences(session: &mut Session, compared: &documents::Repro) -> Result<(), Failure> {
    let mut places: Vec<&str> = Vec::new();
    for difference in &compared.differences {
        if !places.contains(&difference.place.as_str()) {
            places.push(&difference.place);
        }
    }
    let mut left = SHOWN;
    for place in places {
        let all: Vec<&ReproDifference> = compared
            .differences
            .iter()
            .filter(|difference| difference.place == place)
            .collect();
        let whole = all.iter().all(|difference| difference.path.is_empty());
        let title = match (whole, all.len()) {
            (true, _) => format!("different: {}", printable(place)),
            (_, 1) => format!("different: 1 file in {}", in_words(place)),
            (_, count) => format!("different: {count} files in {}", in_words(place)),
        };
        session.output.line(&title)?;
        let mut table = Table::new(&[Align::Left, Align::Left, Align::Left]);
        for difference in all.iter().take(left) {
            let path = format!("  {}", printable(&difference.path));
            let writer = writer(difference);
            table.row([&path, difference.cause.as_str(), &writer].map(Cell::plain));
        }
        let text = table.render(session.output.style(), session.output.width());
        session.output.text(&text)?;
        if all.len() > left {
            let rest = all.len() - left;
            session
                .output
                .line(&format!("  … and {rest} more: --json names them all"))?;
        }
        left = left.saturating_sub(all.len());
    }
    session.tell("\nNext: docs/repro.md tells how to read this");
    Ok(())
}

/// A place as it reads in a sentence.
fn in_words(place: &str) -> String {
    match place {
        "tree" => "the tree".to_owned(),
        place => printable(place).into_owned(),
    }
}

/// Who wrote a file, what helps, and which variation does it.
fn writer(difference: &ReproDifference) -> String {
    let version = difference.version.as_deref().unwrap_or_default();
    let mut text = match (&difference.package, difference.by.as_str()) {
        (Some(package), "") => format!("of {package} {version}"),
        (Some(package), script) => format!("written by {package} {version}'s {script}"),
        (None, "") => "written by nobody that could be named".to_owned(),
        (None, by) => format!("written by {by}"),
    };
    if let Some(advice) = &difference.advice {
        text.push_str(&format!(": {advice}"));
    }
    if let Some(variations) = &difference.variations {
        let which = match variations.is_empty() {
            true => "it differs with nothing varied".to_owned(),
            false => format!("varied: {}", variations.join(", ")),
        };
        text.push_str(&format!(" ({which})"));
    }
    printable(&text).into_owned()
}

/// Reads the word for a variation.
fn variation() -> impl TypedValueParser<Value = Variation> {
    let words = Variation::ALL.map(Variation::word);
    PossibleValuesParser::new(words).try_map(|word| {
        let found = Variation::ALL.into_iter().find(|one| one.word() == word);
        found.ok_or("nothing of that name can be varied")
    })
}
