//! Lists as the command line makes, compares, sends and reads them: on toy archives, in git.

use std::fs;

use formwork_testkit::archive::{Archive, Suite};
use formwork_testkit::env::{Home, Run};
use formwork_testkit::package::Package;

mod approved;
mod exchange;
mod migrate;

/// A project with proposals, kept in git, before an archive of two suites.
struct World {
    archive: Archive,
    home: Home,
}

fn package(name: &str, source: &str, depends: &str) -> Package {
    let package = Package::new(name, "1.0-1", "amd64").field("Source", source);
    match depends {
        "" => package,
        depends => package.field("Depends", depends),
    }
}

/// The older suite.
fn bullseye() -> Suite {
    Suite::new("bullseye").packages([
        package("libc6", "glibc", ""),
        package("libssl1.1", "openssl", "libc6"),
        package("openssl", "openssl", "libssl1.1"),
        package("libpam-cracklib", "pam", "libc6"),
        package("policykit-1", "policykit-1", "libc6"),
        package("lost", "lost", "libc6"),
    ])
}

/// The newer suite.
fn bookworm() -> Suite {
    Suite::new("bookworm").packages([
        package("libc6", "glibc", ""),
        package("libssl3", "openssl", "libc6"),
        package("openssl", "openssl", "libssl3"),
        package("libpam-passwdqc", "passwdqc", "libc6"),
        package("policykit-1", "policykit-1", "polkitd, pkexec")
            .field("Description", "transitional package for polkitd and pkexec"),
        package("polkitd", "policykit-1", "libc6"),
        package("pkexec", "policykit-1", "polkitd"),
        package("acl", "acl", "libc6"),
    ])
}

const SECOND: &str = "id = 2\ntitle = \"Access\"\nproposer = \"core\"\nrevision = 1\nstatus = \"draft\"\n\
suites = [\"bookworm\"]\narchitectures = [\"amd64\"]\n\n[[package]]\nsource = \"acl\"\nbinaries = [\"acl\"]\n\
reason = \"access lists\"\nrequirements = [\"CR 2.1\"]\n";

impl World {
    fn new() -> World {
        let archive = Archive::new();
        archive.write(&bullseye());
        archive.write(&bookworm());
        let home = Home::new();
        let world = World { archive, home };
        world.write_project();
        world.home.write("proposals/0002-access.toml", SECOND);
        world.git(&["init", "--quiet", "--initial-branch=main"]);
        world.git(&["config", "user.name", "anna"]);
        world.git(&["config", "user.email", "anna@mail.example"]);
        world.commit("the project");
        world
    }

    fn write_project(&self) {
        let keyring = self.archive.keyring();
        let text = format!(
            "[project]\nname = \"toy\"\nsuites = [\"bullseye\"]\narchitectures = [\"amd64\"]\n\n\
             [repositories.debian]\nurl = \"{}\"\narchive = \"debian\"\n\
             suites = [\"bullseye\", \"bookworm\"]\nkeyrings = [\"{}\"]\n",
            self.archive.url(),
            keyring.display()
        );
        self.home.write("formwork.toml", &text);
        self.home.write(
            "images/gateway.toml",
            "packages = [\"openssl\", \"libpam-cracklib\", \"policykit-1\", \"lost\"]\nvariant = \"essential\"\n",
        );
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.home.run(env!("CARGO_BIN_EXE_formwork"), arguments)
    }

    fn git(&self, arguments: &[&str]) {
        let _ = self.home.run("git", arguments).exits(0);
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    /// Closes a proposal by hand as approved, with its frozen list.
    fn approve(&self, id: u32, slug: &str, day: &str) {
        let file = format!("proposals/{id:04}-{slug}.toml");
        let text = self.home.read(&file).replace(
            "status = \"draft\"",
            &format!("status = \"approved\"\nclosed = \"{day}\""),
        );
        let json = self
            .run(&["propose", "flat", &id.to_string(), "--format", "pkglist"])
            .exits(0)
            .stdout;
        let mut list = format!(
            "format = 1\nproposal = {id}\nrevision = 1\nclosed = \"{day}\"\n\n[[list]]\nsuite = \
             \"bookworm\"\narchitectures = [\"amd64\"]\nreleases = []\n"
        );
        for line in json.lines() {
            let fields: Vec<&str> = line.split(',').collect();
            list.push_str(&format!(
                "\n[[source]]\nsuite = \"bookworm\"\nname = \"{}\"\nversion = \"{}\"\nbinaries = \
                 [\"{}={}\"]\nchain = [\"{}\"]\n",
                fields[0], fields[2], fields[1], fields[2], fields[1]
            ));
        }
        self.home
            .write(&format!("proposals/{id:04}-{slug}.flat.toml"), &list);
        self.home.write(&file, &text);
    }

    fn exists(&self, file: &str) -> bool {
        fs::metadata(self.home.work().join(file)).is_ok()
    }
}
