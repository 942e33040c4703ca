//! The command reference as Markdown, made from the declarations alone.

use clap::{Arg, Command};

/// The whole page, ending in a line end.
pub(super) fn markdown(program: &mut Command) -> String {
    program.build();
    let mut page = String::from(
        "# Commands\n\n\
         This page is made by `formwork self reference`; do not edit it. `cargo xtask check` compares it with the program.\n\n",
    );
    page.push_str(&paragraphs(program));
    page.push_str("\n| command | what it does |\n|---|---|\n");
    for command in visible(program) {
        let name = command.get_name();
        page.push_str(&format!(
            "| [`{name}`](#formwork-{name}) | {} |\n",
            cell(&about(command))
        ));
    }
    page.push_str("\n## Global options\n\nEvery command takes these.\n\n");
    page.push_str(&options(program, |option| option.is_global_set()));
    if let Some(environment) = program.get_after_long_help() {
        let environment = environment.to_string();
        let lines = environment.lines().skip(1).map(str::trim_start);
        let lines: Vec<&str> = lines.collect();
        page.push_str(&format!(
            "\n## Environment\n\n```text\n{}\n```\n",
            lines.join("\n")
        ));
    }
    for command in visible(program) {
        page.push_str(&section(command, "formwork", 2));
    }
    page
}

/// One command and, one level deeper, its own commands.
fn section(command: &Command, parent: &str, level: usize) -> String {
    let name = format!("{parent} {}", command.get_name());
    let mut text = format!(
        "\n{} {name}\n\n{}\n",
        "#".repeat(level),
        paragraphs(command)
    );
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim();
    text.push_str(&format!("```text\n{usage}\n```\n"));
    let own = options(command, |option| !option.is_global_set());
    if !own.is_empty() {
        text.push('\n');
        text.push_str(&own);
    }
    if let Some(examples) = command.get_after_help() {
        let examples = examples.to_string();
        let body = examples.trim_start_matches("Examples:\n");
        let lines: Vec<&str> = body
            .lines()
            .map(|line| line.strip_prefix("  ").unwrap_or(line))
            .collect();
        text.push_str(&format!("\n```sh\n{}\n```\n", lines.join("\n")));
    }
    for inner in visible(command) {
        text.push_str(&section(inner, &name, level + 1));
    }
    text
}

/// Commands that people should know of.
fn visible(command: &Command) -> impl Iterator<Item = &Command> {
    command
        .get_subcommands()
        .filter(|command| !command.is_hide_set() && command.get_name() != "help")
}

/// What a command says of itself in a line.
fn about(command: &Command) -> String {
    command
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// What a command says of itself in full.
fn paragraphs(command: &Command) -> String {
    let text = command.get_long_about().or_else(|| command.get_about());
    format!(
        "{}\n",
        text.map(ToString::to_string).unwrap_or_default().trim()
    )
}

/// A table of those arguments and options that are chosen; empty if there are none.
fn options(command: &Command, chosen: impl Fn(&Arg) -> bool) -> String {
    let mut rows = String::new();
    let described = command.get_arguments().filter(|option| {
        !option.is_hide_set()
            && !matches!(option.get_id().as_str(), "help" | "version")
            && chosen(option)
    });
    for option in described {
        let help = option
            .get_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        rows.push_str(&format!(
            "| `{}` | {}{} |\n",
            spelling(option),
            cell(&help),
            values(option)
        ));
    }
    if rows.is_empty() {
        rows
    } else {
        format!("| option | meaning |\n|---|---|\n{rows}")
    }
}

/// How an option is typed: `-s, --suite <SUITE>`.
fn spelling(option: &Arg) -> String {
    let value = option
        .get_value_names()
        .filter(|_| option.get_action().takes_values())
        .map(|names| {
            names
                .iter()
                .map(|name| format!("<{name}>"))
                .collect::<Vec<_>>()
                .join(" ")
        });
    let dashes: Vec<String> = [
        option.get_short().map(|short| format!("-{short}")),
        option.get_long().map(|long| format!("--{long}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    match (dashes.is_empty(), value) {
        (true, value) => value.unwrap_or_default(),
        (false, Some(value)) => format!("{} {value}", dashes.join(", ")),
        (false, None) => dashes.join(", "),
    }
}

/// The words an option accepts, if they are few.
fn values(option: &Arg) -> String {
    let accepted = option.get_possible_values();
    if accepted.is_empty() || !option.get_action().takes_values() {
        return String::new();
    }
    let words: Vec<String> = accepted
        .iter()
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    format!(" ({})", words.join(", "))
}

/// Text that cannot break a row.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
