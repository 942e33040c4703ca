//! `formwork self`: what formwork knows of itself.

mod reference;

use clap::{Args, CommandFactory, Subcommand};
use clap_complete::Shell;

use crate::arguments::Arguments;
use crate::failure::{Failure, Outcome};
use crate::session::Session;

/// Print shell completions and manual pages
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork self completions bash > ~/.local/share/bash-completion/completions/formwork
  formwork self man closure | man -l -")]
pub(crate) struct Own {
    #[command(subcommand)]
    topic: Topic,
}

#[derive(Debug, Subcommand)]
enum Topic {
    /// Print a completion script for a shell
    Completions {
        /// The shell to print it for
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print the manual page of formwork or of one command
    Man {
        /// The command, for example closure
        command: Option<String>,
    },
    /// Print the command reference as Markdown
    #[command(hide = true)]
    Reference,
}

impl Own {
    /// Prints what was asked for.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let page = match &self.topic {
            Topic::Completions { shell } => completions(*shell),
            Topic::Man { command } => manual(command.as_deref())?,
            Topic::Reference => reference::markdown(&mut Arguments::command()),
        };
        session.output.text(&page)?;
        Ok(Outcome::Fine)
    }
}

/// The completion script of one shell.
fn completions(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "formwork", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// The manual page of the program or of one of its commands.
fn manual(name: Option<&str>) -> Result<String, Failure> {
    let mut program = Arguments::command();
    program.build();
    let (command, title) = match name {
        None => (program, "formwork".to_owned()),
        Some(name) => (subcommand(&program, name)?, format!("formwork-{name}")),
    };
    let mut page = Vec::new();
    // Writing to memory cannot fail.
    let _ = clap_mangen::Man::new(command)
        .title(title)
        .render(&mut page);
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// A command by its name.
fn subcommand(program: &clap::Command, name: &str) -> Result<clap::Command, Failure> {
    program
        .get_subcommands()
        .find(|command| command.get_name() == name && !command.is_hide_set())
        .cloned()
        .ok_or_else(|| Failure::Usage {
            message: format!("formwork has no command '{name}'"),
            hint: "formwork --help lists them".to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declarations_are_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_has_help_with_examples() {
        let program = Arguments::command();
        for command in program.get_subcommands() {
            let name = command.get_name();
            assert!(
                command.get_about().is_some(),
                "{name} says nothing of itself"
            );
            let examples = command
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(
                examples.starts_with("Examples:\n  formwork "),
                "{name} has no examples"
            );
        }
    }

    #[test]
    fn every_command_has_a_manual_page() {
        let program = Arguments::command();
        for command in program.get_subcommands() {
            let page = manual(Some(command.get_name())).expect("a page");
            assert!(page.contains(".SH SYNOPSIS"), "{}", command.get_name());
        }
        assert!(manual(Some("nothing")).is_err());
    }
}
