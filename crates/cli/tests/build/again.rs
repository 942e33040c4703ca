//! Builds after builds: nothing to do, something to do, the stage that they begin with.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use formwork_testkit::package::Package;

use formwork_testkit::project::Project;

use super::support::{buildable, built, digest, hello, json};

/// Whether a build found that it had nothing to do.
fn is_unchanged(project: &Project, arguments: &[&str]) -> bool {
    let all = [&["build", "--json"], arguments].concat();
    let run = project.run(&all).exits(0);
    let document: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    document["unchanged"].as_bool().expect("a truth value")
}

/// The steps of the last build.
fn steps(project: &Project) -> Vec<String> {
    let log = json(&built(project, "minimal.log.json"));
    let steps = log["steps"].as_array().expect("steps").iter();
    steps
        .map(|step| step["name"].as_str().expect("a name").to_owned())
        .collect()
}

#[test]
fn a_build_with_nothing_to_do_says_so_until_something_is_touched() {
    let Some(project) = buildable(&[hello()]) else {
        return;
    };
    assert!(!is_unchanged(&project, &[]));
    let tar = built(&project, "minimal.tar");
    let before = digest(&tar);
    let run = project.run(&["build"]).exits(0);
    assert!(run.stderr.contains("unchanged"), "{}", run.stderr);
    assert!(run.stdout.contains("minimal.tar"), "{}", run.stdout);
    assert!(!is_unchanged(&project, &["--rebuild"]));
    assert!(is_unchanged(&project, &[]));
    let touches: [(&str, &dyn Fn()); 5] = [
        ("removed", &|| fs::remove_file(&tar).expect("removed")),
        ("cut off", &|| {
            let file = fs::OpenOptions::new().write(true).open(&tar);
            file.expect("a file").set_len(512).expect("cut off");
        }),
        ("written again", &|| {
            let bytes = fs::read(&tar).expect("a file");
            fs::write(&tar, bytes).expect("written");
        }),
        ("another mode", &|| {
            fs::set_permissions(&tar, fs::Permissions::from_mode(0o600)).expect("a mode");
        }),
        ("no record", &|| {
            fs::remove_file(built(&project, "minimal.buildinfo.json")).expect("removed");
        }),
    ];
    for (what, touch) in touches {
        touch();
        assert!(!is_unchanged(&project, &[]), "{what}");
        assert_eq!(digest(&tar), before, "{what}");
        assert!(is_unchanged(&project, &[]), "{what}");
    }
    let image = project.home.work().join("images/minimal.toml");
    let text = fs::read_to_string(&image).expect("an image");
    fs::write(&image, format!("{text}\n[system]\nhostname = \"other\"\n")).expect("written");
    assert!(!is_unchanged(&project, &[]));
    assert!(digest(&tar) != before);
}

#[test]
fn an_edit_is_built_on_the_stage_and_gives_the_bits_of_a_build_from_nothing() {
    let Some(project) = buildable(&[hello()]) else {
        return;
    };
    assert!(!is_unchanged(&project, &[]));
    assert!(steps(&project).contains(&"keep".to_owned()));
    let image = project.home.work().join("images/minimal.toml");
    let text = fs::read_to_string(&image).expect("an image");
    for edit in ["a", "b", ""] {
        let file = format!("\n[files.\"/etc/edited\"]\ncontent = \"{edit}\"\n");
        let edited = if edit.is_empty() { "" } else { &file };
        fs::write(&image, format!("{text}{edited}")).expect("written");
        project.run(&["build", "--rebuild"]).exits(0);
        assert!(steps(&project).contains(&"restore".to_owned()));
        let names = ["tar", "tree.json", "buildinfo.json"];
        let digests = || names.map(|name| digest(&built(&project, &format!("minimal.{name}"))));
        let before = digests();
        project.run(&["build", "--no-stages"]).exits(0);
        let taken = steps(&project);
        assert!(!taken.iter().any(|step| step == "restore" || step == "keep"));
        assert_eq!(digests(), before, "{edit}");
    }
    let run = project.run(&["cache", "info", "--json"]).exits(0);
    let info: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(info["stages"][0]["image"], "minimal");
    assert_eq!(info["stages"][0]["packages"], 2);
    let run = project.run(&["cache", "info"]).exits(0);
    assert!(run.stdout.contains("stages"), "{}", run.stdout);
    project.run(&["cache", "clean", "--stages"]).exits(0);
    let left = fs::read_dir(project.home.cache().join("formwork/stages")).expect("a directory");
    assert_eq!(left.count(), 0);
    project.run(&["build", "--rebuild", "--offline"]).exits(0);
    assert!(steps(&project).contains(&"keep".to_owned()));
}

#[test]
fn own_packages_come_on_the_stage_of_the_others() {
    let Some(project) = buildable(&[hello()]) else {
        return;
    };
    let home = project.home.work().join("packages");
    fs::create_dir(&home).expect("a directory");
    let image = project.home.work().join("images/minimal.toml");
    let text = fs::read_to_string(&image).expect("an image");
    let wish = text.replacen("packages = [", "packages = [\"own\", ", 1);
    assert_ne!(wish, text);
    fs::write(&image, wish).expect("written");
    let mut before = String::new();
    for version in ["1", "2", "3"] {
        let own = Package::new("own", version, "amd64")
            .field("Depends", "hello")
            .file("usr/share/own/version", version.as_bytes())
            .script("postinst", "#!/bin/sh\necho \"$2\" > /etc/own-was-here\n");
        fs::write(home.join("own.deb"), own.deb()).expect("a package");
        project.run(&["lock"]).exits(0);
        project.run(&["build"]).exits(0);
        let is_restored = steps(&project).contains(&"restore".to_owned());
        assert_eq!(is_restored, version != "1");
        let tar = digest(&built(&project, "minimal.tar"));
        assert_ne!(tar, before);
        project.run(&["build", "--no-stages"]).exits(0);
        assert_eq!(digest(&built(&project, "minimal.tar")), tar, "{version}");
        before = tar;
    }
}
