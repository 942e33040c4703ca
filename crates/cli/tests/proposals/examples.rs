//! The examples that come with Formwork, on toy archives.

use std::fs;

use formwork_testkit::env::Home;
use formwork_testkit::proposals::{Example, SUITES};

use super::world::{PROGRAM, archive_for, example, project};

#[test]
fn the_security_groups_proposal_goes_the_whole_way() {
    let directory = example("security-wg");
    let archive = archive_for(&directory);
    let home = Home::new();
    let walker = Example::new(&home, PROGRAM, &directory);
    let own = home.read("formwork.toml");
    let review = own.find("# Who proposes").expect("the rules");
    let toy = project(&archive, &SUITES);
    let toy = toy.split("[review]").next().expect("the repositories");
    home.write("formwork.toml", &format!("{toy}{}", &own[review..]));
    walker.commit("a toy archive");
    walker.walk();
}

#[test]
fn the_frozen_list_of_the_example_is_that_of_its_proposal() {
    let directory = example("security-wg/proposals");
    let flat = fs::read_to_string(directory.join("0001-minimal-base.flat.toml")).expect("a file");
    for suite in SUITES {
        assert!(
            flat.contains(&format!("suite = \"{suite}\"\nname = \"dpkg\"")),
            "{suite}"
        );
    }
}

#[test]
fn the_minimal_packages_of_one_release_are_flattened_and_checked() {
    let directory = example("bullseye-minimal");
    let archive = archive_for(&directory);
    let home = Home::new();
    let walker = Example::new(&home, PROGRAM, &directory);
    let own = home.read("formwork.toml");
    let rules = own.find("[policy]").expect("the rules");
    let toy = project(&archive, &["bullseye"]).replace("\"anna\", \"ben\"", "\"anna\", \"chika\"");
    home.write("formwork.toml", &format!("{toy}\n{}", &own[rules..]));
    let flat = [
        "propose", "flat", "1", "--arch", "amd64", "--format", "src-bin",
    ];
    let flat = walker.run(&flat).exits(0).stdout;
    assert!(flat.contains(" 0 approved"), "{flat}");
    for line in [
        "dpkg: dpkg",
        "glibc: libc-bin libc6",
        "openssh: openssh-server",
    ] {
        assert!(flat.contains(&format!("\n{line}\n")), "{line} in\n{flat}");
    }
    assert!(
        !flat.contains("\ncdebconf: "),
        "it is under discussion:\n{flat}"
    );
    let show = ["propose", "show", "1", "--today", "2026-11-22"];
    let show = walker.run(&show).exits(0).stdout;
    assert!(show.contains("due 2026-12-09, in 17 days"), "{show}");
}
