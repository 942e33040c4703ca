//! `formwork tree`: a closure as a tree.

use clap::Args;
use formwork_flow::query::{self, Answer};
use formwork_model::documents::TreeNode;

use super::{common, conflict};
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::printable;
use crate::terminal::style::{Ink, Style};

use crate::arguments::{ChoiceOptions, QueryOptions};

/// Show the closure of the named packages as a tree
///
/// What was already shown above is marked (*) and not unfolded again.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork tree fail2ban --suite bookworm
  formwork tree nginx --depth 2")]
pub(crate) struct Tree {
    /// Packages wanted: NAME, NAME:ARCH, NAME=VERSION or NAME/SUITE
    #[arg(required = true, value_name = "NAME")]
    wishes: Vec<String>,
    /// Show this many levels below the wishes
    #[arg(short, long, value_name = "N")]
    depth: Option<u32>,
    #[command(flatten)]
    choice: ChoiceOptions,
    #[command(flatten)]
    query: QueryOptions,
}

impl Tree {
    /// Asks and prints.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let choice = self.choice.choice();
        let tree = match query::tree(
            &context,
            &self.query.scope()?,
            choice,
            &self.wishes,
            self.depth,
        )? {
            Answer::No(contradiction) => return conflict::show(session, &contradiction),
            Answer::Yes(tree) => tree,
        };
        common::tell_waivers(session, &tree.inputs);
        if session.options.json {
            session.output.json(&tree)?;
            return Ok(Outcome::Fine);
        }
        let style = session.output.style();
        for root in &tree.roots {
            let mut text = String::new();
            draw(&mut text, root, &Branch::default(), style);
            session.output.text(&text)?;
        }
        Ok(Outcome::Fine)
    }
}

/// Where a node stands: what is drawn before it and before its children.
#[derive(Default)]
struct Branch {
    own: String,
    below: String,
}

/// Draws a node and all below it, a line each.
fn draw(text: &mut String, node: &TreeNode, branch: &Branch, style: Style) {
    let mark = if node.repeated { " (*)" } else { "" };
    let name = printable(&node.name);
    let version = style.paint(Ink::Faint, printable(&node.version));
    let note = style.paint(Ink::Faint, printable(&note(node)));
    let line = format!("{}{name} {version}{mark}{note}", branch.own);
    text.push_str(line.trim_end());
    text.push('\n');
    for (position, child) in node.needs.iter().enumerate() {
        let last = position + 1 == node.needs.len();
        let (own, below) = if last {
            ("└── ", "    ")
        } else {
            ("├── ", "│   ")
        };
        let below = Branch {
            own: format!("{}{own}", branch.below),
            below: format!("{}{below}", branch.below),
        };
        draw(text, child, &below, style);
    }
}

/// What the name alone does not say: another field than Depends, a choice, a virtual name.
fn note(node: &TreeNode) -> String {
    let field = node.field.as_deref().filter(|field| *field != "Depends");
    let asked = node.relation.as_deref().filter(|relation| {
        let first = relation.split([' ', ':']).next().unwrap_or_default();
        relation.contains('|') || first != node.name
    });
    match (field, asked) {
        (None, None) => String::new(),
        (Some(field), None) => format!("  [{field}]"),
        (None, Some(asked)) => format!("  [{asked}]"),
        (Some(field), Some(asked)) => format!("  [{field} {asked}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, field: &str, relation: &str, needs: Vec<TreeNode>) -> TreeNode {
        TreeNode {
            name: name.to_owned(),
            version: "1".to_owned(),
            architecture: "amd64".to_owned(),
            field: Some(field.to_owned()),
            relation: Some(relation.to_owned()),
            repeated: false,
            needs,
        }
    }

    #[test]
    fn branches_are_drawn_and_choices_told() {
        let leaf = node("exim4", "Depends", "mail-transport-agent", vec![]);
        let again = TreeNode {
            repeated: true,
            ..node("libc6", "Pre-Depends", "libc6 (>= 2)", vec![])
        };
        let inner = node("cron", "Recommends", "cron | cronie", vec![leaf]);
        let root = node("root", "Depends", "root", vec![inner, again]);
        let mut text = String::new();
        draw(&mut text, &root, &Branch::default(), Style::new(false));
        let expected = "\
root 1
├── cron 1  [Recommends cron | cronie]
│   └── exim4 1  [mail-transport-agent]
└── libc6 1 (*)  [Pre-Depends]
";
        assert_eq!(text, expected);
    }
}
