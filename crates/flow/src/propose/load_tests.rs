use std::path::Path;

use super::*;

/// A project with one image and the given files.
fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a directory");
    let all = [
        (
            "formwork.toml",
            "[project]\nname = \"toy\"\nsuites = [\"bookworm\"]\narchitectures = [\"amd64\"]\n\n\
             [repositories.debian]\nsuite = \"bookworm\"\n\n\
             [review.groups.core]\nmembers = [\"anna\", \"ben\"]\n",
        ),
        ("images/minimal.toml", "packages = []\n"),
    ];
    for (name, text) in all.iter().chain(files) {
        let path = home.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(path, text).expect("a file");
    }
    home
}

fn loaded(directory: &Path) -> Result<Loaded, Error> {
    load_project(project::load(directory)?)
}

/// A proposal with the given number and further lines at its head.
fn proposal(id: u32, head: &str, packages: &str) -> String {
    format!(
        "id = {id}\ntitle = \"t\"\nproposer = \"core\"\nrevision = 1\nsuites = [\"bookworm\"]\n\
         architectures = [\"amd64\"]\n{head}\n{packages}"
    )
}

const DRAFT: &str = "status = \"draft\"";

#[test]
fn what_comes_with_formwork_holds_together() {
    let home = project(&[]);
    let loaded = loaded(home.path()).expect("a project without proposals");
    assert_eq!(loaded.catalogue.requirements.len(), 125);
    assert!(loaded.catalogue.capabilities.len() > 20);
    assert!(loaded.boards["generic-x86-uefi"].has("tpm2"));
    assert!(!loaded.boards["beaglebone-black"].has("tpm2"));
    assert!(
        loaded.boards["beaglebone-black"]
            .possible
            .contains_key("tpm2")
    );
    assert_eq!(loaded.boards.len(), 6);
}

#[test]
fn proposals_are_found_by_number_name_and_file() {
    let first = proposal(1, DRAFT, "");
    let second = proposal(2, DRAFT, "");
    let home = project(&[
        ("proposals/0001-base.toml", first.as_str()),
        ("proposals/0002-security.toml", second.as_str()),
        ("proposals/0001-base.flat.toml", "format = 1\n"),
        (
            "requirements/own.toml",
            "[[requirement]]\nid = \"GW-7\"\ntitle = \"no fan\"\n",
        ),
    ]);
    let loaded = loaded(home.path()).expect("a project");
    for name in [
        "2",
        "0002",
        "security",
        "0002-security",
        "proposals/0002-security.toml",
    ] {
        assert_eq!(loaded.find(name).expect(name).proposal.id, 2, "{name}");
    }
    assert!(loaded.find("3").is_err());
    assert!(loaded.meant(None).is_err(), "two drafts may be meant");
    assert_eq!(loaded.proposals[0].frozen.as_deref(), Some("format = 1\n"));
    assert!(loaded.catalogue.requirements.contains_key("GW-7"));
}
