//! Settings and options of an image in whole builds of a toy Debian.

use std::fs;

use formwork_testkit::package::Package;

use super::support::{buildable, built, digest, hello, json};

/// What the image says besides its packages.
const IMAGE: &str = r#"
variant = "essential"
packages = ["hello", "mine"]
scripts = ["scripts/last.sh"]

[system]
hostname = "gateway"
[users.app]
system = true
home = "/srv/app"
[files."/etc/motd"]
source = "files/motd"
owner = "app"
mode = "0640"
[files."/usr/lib/systemd/system/own.service"]
content = "[Install]\nWantedBy=multi-user.target\n"
[services]
enable = ["own"]
[ids]
app = 432
[clean]
logs = false

[options.debug]
packages = ["tool"]
system.hostname = "debug"
"#;

#[test]
fn settings_options_and_own_packages_are_in_the_tree() {
    let tool = Package::new("tool", "1.0", "amd64").file("usr/bin/tool", b"tool");
    let Some(project) = buildable(&[hello(), tool]) else {
        return;
    };
    let script = "#!/bin/sh\nset -e\ncat /etc/motd /etc/hostname > /srv/app/seen\n\
                  echo $FORMWORK_SUITE $FORMWORK_ARCHITECTURE >> /srv/app/seen\n";
    project.home.write("images/minimal.toml", IMAGE);
    project.home.write("scripts/last.sh", script);
    project.home.write("files/motd", "hello\n");
    let mine = Package::new("mine", "1", "all").file("usr/share/mine", b"mine");
    fs::create_dir_all(project.home.work().join("packages")).expect("a directory");
    let file = project.home.work().join("packages/mine_1_all.deb");
    fs::write(file, mine.deb()).expect("a package");

    let run = project.run(&["build", "minimal"]).exits(1);
    assert!(
        run.stdout.contains("formwork.lock is stale"),
        "{}",
        run.stdout
    );
    project.run(&["lock"]).exits(0);
    let kinds = ["build", "minimal", "--kind", "tar", "--kind", "dir"];
    project.run(&kinds).exits(0);
    let root = built(&project, "minimal.root");
    let read = |path: &str| {
        fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    assert_eq!(read("srv/app/seen"), "hello\ngateway\nbookworm amd64\n");
    assert_eq!(read("usr/share/mine"), "mine");
    assert!(read("etc/passwd").contains("\napp:x:432:432::/srv/app:/usr/sbin/nologin\n"));
    assert!(!root.join("usr/bin/tool").exists());
    let tree = json(&built(&project, "minimal.tree.json"));
    let motd = tree["entries"]
        .as_array()
        .and_then(|entries| entries.iter().find(|entry| entry["path"] == "/etc/motd"));
    let motd = motd.expect("the file");
    assert_eq!(
        (&motd["uid"], &motd["mode"]),
        (&432.into(), &"0640".into()),
        "{motd}"
    );
    let record = fs::read_to_string(built(&project, "minimal.buildinfo.json")).expect("a record");
    for file in ["files/motd", "scripts/last.sh"] {
        assert!(record.contains(file), "{file}\n{record}");
    }
    assert!(!record.contains(&project.home.path().display().to_string()));

    // Another content is another order; a remark in the image is not.
    let files = ["minimal.tar", "minimal.buildinfo.json"];
    let before = files.map(|name| digest(&built(&project, name)));
    project
        .home
        .write("images/minimal.toml", &format!("# a remark\n{IMAGE}"));
    project.run(&kinds).exits(0);
    assert_eq!(files.map(|name| digest(&built(&project, name))), before);
    project.home.write("files/motd", "good bye\n");
    project.run(&kinds).exits(0);
    let after = files.map(|name| digest(&built(&project, name)));
    assert!(before[0] != after[0] && before[1] != after[1]);

    project
        .run(&["build", "minimal", "--with", "debug", "--kind", "dir"])
        .exits(0);
    let place = project
        .home
        .work()
        .join("build/minimal+debug/amd64/minimal+debug.root");
    let seen = fs::read_to_string(place.join("srv/app/seen")).expect("a file");
    assert_eq!(seen, "good bye\ndebug\nbookworm amd64\n");
    assert!(place.join("usr/bin/tool").exists());
}

#[test]
fn what_the_tree_or_the_project_lacks_is_said_with_its_place() {
    let Some(project) = buildable(&[hello()]) else {
        return;
    };
    let image = "variant = \"essential\"\npackages = [\"hello\"]\n";
    for (more, status, expected) in [
        (
            "[services]\nenable = [\"ssh\"]",
            2,
            "images/minimal.toml:4: there is no unit `ssh.service`",
        ),
        (
            "[users.a]\ngroups = [\"rot\"]",
            2,
            "images/minimal.toml:3: there is no group `rot`; did you mean `root`?",
        ),
        (
            "[files.\"/etc/x\"]\nsource = \"gone\"",
            2,
            "images/minimal.toml:4: the project has no gone",
        ),
        (
            "scripts = [\"bad.sh\"]",
            3,
            "images/minimal.toml:3: the script bad.sh failed: exit status 7",
        ),
    ] {
        project
            .home
            .write("bad.sh", "#!/bin/sh\necho it is no use\nexit 7\n");
        project
            .home
            .write("images/minimal.toml", &format!("{image}{more}\n"));
        let run = project.run(&["build", "minimal"]).exits(status);
        assert!(run.stderr.contains(expected), "{}\n{expected}", run.stderr);
        if status == 3 {
            assert!(run.stderr.contains("it is no use"), "{}", run.stderr);
        }
    }
    let combined =
        format!("{image}[options.a]\nvariant = \"minbase\"\n[options.b]\nrecommends = true\n");
    project.home.write("images/minimal.toml", &combined);
    let run = project.run(&["build", "minimal", "--with", "a,b"]).exits(2);
    assert!(
        run.stderr
            .contains("minimal+a+b is no combination that the lock has")
            && run.stderr.contains("combinations = [[\"a\", \"b\"]]"),
        "{}",
        run.stderr
    );
    let run = project.run(&["build", "minimal", "--with", "c"]).exits(2);
    assert!(
        run.stderr.contains("the image `minimal` has no option `c`"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_was_stripped_is_listed_as_not_installed() {
    let tool = Package::new("tool", "1.0", "amd64").file("usr/bin/tool", b"tool");
    let Some(project) = buildable(&[hello(), tool]) else {
        return;
    };
    let image =
        "variant = \"essential\"\npackages = [\"hello\", \"tool\"]\n[strip]\nremove = [\"tool\"]\n";
    project.home.write("images/minimal.toml", image);
    project.run(&["build"]).exits(0);
    let expected = [("hello", true), ("tool", false), ("toybox", true)];
    for record in ["minimal.packages.json", "minimal.buildinfo.json"] {
        let document = json(&built(&project, record));
        let packages = document["packages"].as_array().expect("packages");
        let found: Vec<_> = packages
            .iter()
            .map(|one| {
                (
                    one["name"].as_str().unwrap(),
                    one["installed"].as_bool().unwrap(),
                )
            })
            .collect();
        assert_eq!(found, expected, "{record}");
    }
    let run = project.run(&["inspect"]).exits(0);
    assert!(
        run.stdout.contains("2 packages installed"),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains("1 package beside them"),
        "{}",
        run.stdout
    );
}
