//! A project in a home of its own, with a toy archive behind a server: what whole-program tests use.

use std::process::Command;

use crate::archive::{Archive, Suite};
use crate::env::{Home, Run};
use crate::server::Server;

/// A project `toy` with one image `minimal` for suite bookworm on amd64.
pub struct Project {
    /// The archive; write a suite again to move time on.
    pub archive: Archive,
    /// The server that the project's repository points to.
    pub server: Server,
    /// The home; its working directory is the project.
    pub home: Home,
    program: String,
}

impl Project {
    /// A project whose image asks for `packages`, each quoted as in TOML, such as `"hello", "world"`.
    ///
    /// `program` is the path of the `formwork` binary.
    #[must_use]
    pub fn new(program: &str, suite: &Suite, packages: &str) -> Self {
        let archive = Archive::new();
        archive.write(suite);
        let server = Server::new(archive.root());
        let home = Home::new();
        let project = Self {
            archive,
            server,
            home,
            program: program.to_owned(),
        };
        project.write_repository("");
        project.write_image(packages);
        project
    }

    /// Writes `formwork.toml` anew with further lines for its repository, such as `at = "…"`.
    pub fn write_repository(&self, lines: &str) {
        let keyrings = format!("[\"{}\"]", self.archive.keyring().display());
        self.write_repository_with(&keyrings, lines);
    }

    /// Writes `formwork.toml` anew with another list of keyrings.
    pub fn write_repository_with(&self, keyrings: &str, lines: &str) {
        let text = format!(
            "[project]\nname = \"toy\"\nsuites = [\"bookworm\"]\narchitectures = [\"amd64\"]\n\n\
             [repositories.debian]\nurl = \"{}\"\narchive = \"debian\"\nsuites = [\"bookworm\"]\n\
             keyrings = {keyrings}\n{lines}\n",
            self.server.url()
        );
        self.home.write("formwork.toml", &text);
    }

    /// Writes the image anew.
    pub fn write_image(&self, packages: &str) {
        let text = format!("packages = [{packages}]\nvariant = \"essential\"\n");
        self.home.write("images/minimal.toml", &text);
    }

    /// The program with arguments, not yet started.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.home.command(&self.program);
        command.args(arguments);
        command
    }

    /// Runs the program in the project.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.home.run(&self.program, arguments)
    }

    /// The lock as it is now.
    #[must_use]
    pub fn lock(&self) -> String {
        self.home.read("formwork.lock")
    }

    /// Whether there is a lock.
    #[must_use]
    pub fn has_lock(&self) -> bool {
        self.home.work().join("formwork.lock").exists()
    }
}
