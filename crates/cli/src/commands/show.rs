//! `formwork show`: what the archive says of a package.

use clap::Args;
use formwork_flow::query;
use formwork_model::documents::ShownPackage;

use super::common;
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::number;
use crate::terminal::printable;
use crate::terminal::style::{Ink, Style};

use crate::arguments::QueryOptions;

/// Show what the archive says of the named packages, every version
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork show nginx
  formwork show mail-transport-agent --suite trixie")]
pub(crate) struct Show {
    /// Packages or virtual names
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    query: QueryOptions,
}

/// How far values stand to the right of the longest usual field name.
const FIELD_WIDTH: usize = 15;

impl Show {
    /// Asks and prints.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
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
