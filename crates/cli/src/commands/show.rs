//! `formwork show`: what the archive says of a package, or what a project says of an image.

use clap::{Args, Subcommand};
use formwork_flow::query;
use formwork_flow::show_image::{self, Asked};
use formwork_model::documents::{ShownImage, ShownPackage};

use super::common;
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::number;
use crate::terminal::printable;
use crate::terminal::style::{Ink, Style};
use crate::terminal::table::{Align, Cell, Table};

use crate::arguments::QueryOptions;
use formwork_model::project::name_with_options;

/// Show what the archive says of the named packages, every version; or one image of the project
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Examples:
  formwork show nginx
  formwork show mail-transport-agent --suite trixie
  formwork show image gateway --with debug"
)]
pub(crate) struct Show {
    #[command(subcommand)]
    what: Option<What>,
    /// Packages or virtual names
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    query: QueryOptions,
}

#[derive(Debug, Subcommand)]
enum What {
    Image(ImageOptions),
}

/// Show an image with its bases and options merged, and the file and line of each value
#[derive(Debug, Args)]
struct ImageOptions {
    /// The image
    #[arg(value_name = "IMAGE")]
    image: String,
    /// Switch these options on, with commas between them (may be repeated)
    #[arg(long, value_name = "OPTION,…", value_delimiter = ',')]
    with: Vec<String>,
    /// For this suite of the image; without it the first
    #[arg(short, long, value_name = "SUITE")]
    suite: Option<String>,
    /// For this architecture of the image; without it this machine's, or the image's first
    #[arg(short, long, value_name = "ARCH")]
    arch: Option<String>,
}

/// How far values stand to the right of the longest usual field name.
const FIELD_WIDTH: usize = 15;

impl Show {
    /// Asks and prints.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        if let Some(What::Image(options)) = &self.what {
            return options.run(session);
        }
        let context = session.context()?;
        let shown = query::show(&context, &self.query.scope()?, &self.names)?;
        common::tell_waivers(session, &shown.inputs);
        if session.options.json {
            session.output.json(&shown)?;
            return Ok(Outcome::Fine);
        }
        for (position, package) in shown.packages.iter().enumerate() {
            if position > 0 {
                session.output.line("")?;
            }
            let text = stanza(package, session.output.style());
            session.output.text(&text)?;
        }
        Ok(Outcome::Fine)
    }
}

impl ImageOptions {
    /// Composes the image and prints its values.
    fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let asked = Asked {
            image: self.image.clone(),
            with: self.with.clone(),
            suite: self.suite.clone(),
            architecture: self.arch.clone(),
        };
        let shown = show_image::show_image(&context, &asked)?;
        if session.options.json {
            session.output.json(&shown)?;
            return Ok(Outcome::Fine);
        }
        let name = name_with_options(&shown.image, &shown.options);
        let name = session.output.style().paint(Ink::Strong, printable(&name));
        let mut title = format!("{name} {} {}", shown.suite, shown.architecture);
        if shown
            .on
            .iter()
            .any(|option| !shown.options.contains(option))
        {
            title.push_str(&format!(", options on: {}", shown.on.join(", ")));
        }
        session.output.line(&title)?;
        let text = values(&shown).render(session.output.style(), session.output.width());
        session.output.text(&text)?;
        Ok(Outcome::Fine)
    }
}

/// The values of an image: key, value, place; a key that goes on is not repeated.
fn values(shown: &ShownImage) -> Table {
    let mut table = Table::new(&[Align::Left; 3]).indented(2);
    let mut last = "";
    for value in &shown.values {
        let key = if value.key == last { "" } else { &value.key };
        last = &value.key;
        let mut lines = value.value.lines();
        let first = lines.next().unwrap_or_default();
        let more = if lines.next().is_some() { " …" } else { "" };
        table.row([
            Cell::plain(key),
            Cell::plain(format!("{first}{more}")),
            Cell::new(Ink::Faint, format!("{}:{}", value.file, value.line)),
        ]);
    }
    table
}

/// One version of a package, a line a field.
fn stanza(package: &ShownPackage, style: Style) -> String {
    let origin = [package.suite.as_str(), package.component.as_str()].join("/");
    let candidate = if package.candidate {
        ""
    } else {
        "  (another version is preferred)"
    };
    let mut text = format!(
        "{} {} {}{candidate}\n",
        style.paint(Ink::Strong, printable(&package.name)),
        printable(&package.version),
        printable(&package.architecture)
    );
    let mut field = |name: &str, value: &str| {
        if !value.is_empty() {
            let name = style.paint(Ink::Faint, format!("{name:<FIELD_WIDTH$}"));
            text.push_str(&format!("  {name} {}\n", printable(value)));
        }
    };
    field("Description", &package.description);
    field(
        "Source",
        &format!("{} {}", package.source, package.source_version),
    );
    field(
        "Repository",
        &format!("{} {}", package.repository, origin.trim_matches('/')),
    );
    field("Section", &package.section);
    field("Priority", &package.priority);
    field("Essential", if package.essential { "yes" } else { "" });
    field(
        "Multi-Arch",
        if package.multi_arch == "no" {
            ""
        } else {
            &package.multi_arch
        },
    );
    field(
        "Size",
        &format!(
            "{}, {} installed",
            number::size(package.size),
            number::size(package.installed_size)
        ),
    );
    for relation in &package.relations {
        field(&relation.field, &relation.relations.join(", "));
    }
    field("Filename", &package.filename);
    field("SHA256", &package.sha256);
    text
}
