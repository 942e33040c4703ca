use std::fs;
use std::os::unix::fs::symlink;

use super::*;
use crate::manifest::{self, test_job};

const INFO: &str = "var/lib/dpkg/info";

/// A tree of a shell, a tool with an alternative, dpkg and a small replacement.
fn tree() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let root = directory.path();
    let file = |path: &str| {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, "x").expect("a file");
    };
    for path in [
        "usr/bin/dash",
        "usr/bin/mawk",
        "usr/bin/busybox",
        "usr/share/doc/mawk/copyright",
        "usr/share/doc/busybox/copyright",
        "usr/lib/python/__pycache__/made.pyc",
        "usr/lib/python/a.py",
        "etc/passwd",
        "etc/own/setting",
        "etc/wants/y",
        "usr/lib/systemd/y",
    ] {
        file(path);
    }
    symlink("usr/bin", root.join("bin")).expect("a link");
    symlink("/bin/busybox", root.join("usr/bin/sh")).expect("a link");
    fs::create_dir_all(root.join("etc/alternatives")).expect("a directory");
    symlink("/usr/bin/mawk", root.join("etc/alternatives/awk")).expect("a link");
    symlink("/etc/alternatives/awk", root.join("usr/bin/awk")).expect("a link");
    fs::remove_file(root.join("etc/wants/y")).expect("a file");
    symlink("../../usr/lib/systemd/y", root.join("etc/wants/y")).expect("a link");
    fs::create_dir_all(root.join(INFO)).expect("a directory");
    let list = |name: &str, paths: &str| {
        fs::write(root.join(INFO).join(format!("{name}.list")), paths).expect("a list");
    };
    list(
        "base-files",
        "/.\n/etc\n/usr\n/usr/bin\n/usr/share\n/usr/share/doc\n/var\n/var/lib\n/var/lib/dpkg\n",
    );
    list("dash", "/.\n/usr\n/usr/bin\n/usr/bin/dash\n/bin/sh\n");
    list(
        "mawk:amd64",
        "/.\n/usr\n/usr/bin/mawk\n/usr/share/doc/mawk\n/usr/share/doc/mawk/copyright\n",
    );
    list(
        "dpkg",
        "/.\n/etc\n/etc/alternatives\n/var/lib/dpkg\n/var/lib/dpkg/info\n",
    );
    list(
        "python3",
        "/.\n/usr/lib\n/usr/lib/python\n/usr/lib/python/a.py\n/etc/own\n",
    );
    list(
        "systemd",
        "/.\n/usr/lib\n/usr/lib/systemd\n/usr/lib/systemd/y\n",
    );
    list(
        "busybox-static",
        "/.\n/usr/bin/busybox\n/usr/share/doc/busybox\n/usr/share/doc/busybox/copyright\n",
    );
    let stanza = |name: &str, architecture: &str| {
        format!("Package: {name}\nStatus: install ok installed\nArchitecture: {architecture}\n")
    };
    let status = [
        stanza("base-files", "amd64"),
        stanza("mawk", "amd64"),
        stanza("mawk", "arm64"),
        stanza("dash", "amd64"),
    ];
    fs::write(root.join("var/lib/dpkg/status"), status.join("\n")).expect("a file");
    directory
}

/// Strips by the table of an image; what is left, and the report.
fn stripped(root: &Path, image: &str) -> Result<(Vec<String>, Stripped), String> {
    use formwork_model::project::Project;
    use formwork_model::source::Source;
    let project = "[project]\nname = \"x\"\nsuites = [\"bookworm\"]\narchitectures = [\"amd64\"]\n\
                   [repositories.debian]\nsuite = \"bookworm\"\n";
    let images = [("tiny", Source::new("images/tiny.toml", image))];
    let project = Project::read(Source::new("formwork.toml", project), &images)
        .map_err(|error| error.to_string())?;
    let mut job = test_job();
    job.settings = project.builds()[0].settings.clone();
    let tree = Tree::open(root).expect("a tree");
    let stripped = apply(&tree, &job).map_err(|error| error.to_string())?;
    let manifest = manifest::of(&tree, &job).expect("a manifest");
    let paths = manifest
        .entries
        .iter()
        .filter(|entry| !entry.path.is_empty());
    let paths = paths.map(|entry| String::from_utf8_lossy(&entry.path).into_owned());
    Ok((paths.collect(), stripped))
}

#[test]
fn what_is_not_kept_goes_with_all_that_hangs_on_it() {
    let home = tree();
    let image = "[strip]\nkeep = [\"base-files\", \"busybox-*\"]\npaths = [\"/usr/share/doc\"]\n\
                 [strip.links]\n\"/bin/sh\" = \"/bin/busybox\"\n\"/srv/a/b\" = \"c\"\n\
                 [files.\"/etc/own/setting\"]\ncontent = \"x\"\n";
    let (paths, stripped) = stripped(home.path(), image).expect("stripped");
    assert_eq!(
        paths,
        [
            "bin",
            "etc",
            "etc/own",
            "etc/own/setting",
            "etc/passwd",
            "srv",
            "srv/a",
            "srv/a/b",
            "usr",
            "usr/bin",
            "usr/bin/busybox",
            "usr/bin/sh",
            "usr/share",
            "var",
            "var/lib",
        ]
    );
    assert_eq!(
        stripped.packages,
        ["dash", "dpkg", "mawk", "python3", "systemd"]
    );
    let owner = |path: &str| stripped.owners.get(path.as_bytes()).map(String::as_str);
    assert_eq!(owner("usr/bin/busybox"), Some("busybox-static"));
    assert_eq!(owner("etc/passwd"), None);
    let shell = fs::read_link(home.path().join("usr/bin/sh")).expect("a link");
    assert_eq!(shell, Path::new("/bin/busybox"));
}

#[test]
fn dpkg_forgets_what_was_removed_if_it_stays() {
    let home = tree();
    let (paths, stripped) =
        stripped(home.path(), "[strip]\nremove = [\"mawk\"]\n").expect("stripped");
    assert_eq!(stripped.packages, ["mawk"]);
    for gone in [
        "usr/bin/mawk",
        "usr/bin/awk",
        "etc/alternatives/awk",
        "usr/share/doc/mawk",
    ] {
        assert!(!paths.iter().any(|path| path == gone), "{gone} is left");
    }
    assert!(paths.iter().any(|path| path == "etc/alternatives"));
    let status = fs::read_to_string(home.path().join("var/lib/dpkg/status")).expect("a file");
    let names: Vec<&str> = status
        .lines()
        .filter(|line| line.starts_with(['P', 'A']))
        .collect();
    assert_eq!(
        names,
        [
            "Package: base-files",
            "Architecture: amd64",
            "Package: mawk",
            "Architecture: arm64",
            "Package: dash",
            "Architecture: amd64",
        ]
    );
    assert!(!home.path().join(INFO).join("mawk:amd64.list").exists());
    assert!(home.path().join(INFO).join("dash.list").exists());
}

#[test]
fn faults_have_their_place() {
    let table = [
        (
            "[strip]\nkeep = [\"busybux*\"]",
            "images/tiny.toml:2: the image has no package `busybux*` to keep or remove",
        ),
        (
            "[strip]\npaths = [\"/etc/own\"]\n[files.\"/etc/own/setting\"]\ncontent = \"x\"",
            "images/tiny.toml:2: the image itself puts something at /etc/own",
        ),
        (
            "[strip]\nremove = [\"mawk\"]\n[strip.links]\n\"/bin/sh\" = \"/bin/busybox\"",
            "images/tiny.toml:4: /bin/sh is still there, so no link can take its place",
        ),
        (
            "[strip]\npaths = [\"etc\"]",
            "images/tiny.toml:2:10: `etc` is no path of a tree (an absolute one without `..`, as in \
             \"/usr/share/doc\")",
        ),
        (
            "[strip]\nremove = [\"a b\"]",
            "images/tiny.toml:2:11: `a b` cannot be the name of a package (a name as in `dpkg`, or \
             with stars as in `linux-image-*`)",
        ),
    ];
    for (image, expected) in table {
        let home = tree();
        let error = stripped(home.path(), image).expect_err(image);
        assert_eq!(error, expected);
    }
}
