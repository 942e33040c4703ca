//! The stand-ins for helpers of packages beside the originals: the same calls on the same
//! directories leave the same files, say the same and end the same.
//!
//! The originals of this machine are asked; both know `DPKG_ROOT`, and for the stand-in the root
//! is written into its text. A call that it hands over to the original is told by a mark.

use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use formwork_deb::sha256::Sha256;

const SYSTEMD: &str = include_str!("../src/helpers/deb-systemd-helper.sh");
const MAINTENANCE: &str = include_str!("../src/helpers/dpkg-maintscript-helper.sh");
const KNOWN: &str = include_str!("../src/helpers.rs");

/// What a call did.
#[derive(Debug, PartialEq, Eq)]
struct Done {
    code: Option<i32>,
    output: String,
    /// Each path with its mode and its content or target.
    files: BTreeMap<String, (u32, Vec<u8>)>,
}

/// Whether this machine has an original that the table names.
fn is_there(name: &str) -> bool {
    let original = std::fs::read(format!("/usr/bin/{name}"));
    let known = original.is_ok_and(|original| KNOWN.contains(&Sha256::of(&original).to_string()));
    if !known {
        eprintln!("skipped: this machine has no {name} that is known");
    }
    known
}

/// Everything below a directory.
fn look(root: &Path, below: &Path, files: &mut BTreeMap<String, (u32, Vec<u8>)>) {
    for entry in std::fs::read_dir(below).expect("files") {
        let path = entry.expect("files").path();
        let metadata = std::fs::symlink_metadata(&path).expect("files");
        let content = if metadata.is_symlink() {
            let target = std::fs::read_link(&path).expect("files");
            target.into_os_string().into_encoded_bytes()
        } else if metadata.is_dir() {
            look(root, &path, files);
            Vec::new()
        } else {
            std::fs::read(&path).expect("files")
        };
        let name = path
            .strip_prefix(root)
            .expect("files")
            .display()
            .to_string();
        files.insert(name, (metadata.permissions().mode(), content));
    }
}

/// Runs the calls one after the other in a directory that `world` fills.
fn run(
    original: bool,
    name: &str,
    text: &str,
    world: &dyn Fn(&Path),
    calls: &[(&str, &[&str])],
) -> Vec<Done> {
    let directory = tempfile::tempdir().expect("files");
    let root = directory.path().join("root");
    std::fs::create_dir(&root).expect("files");
    world(&root);
    let shown = root.display().to_string();
    let stand_in = directory.path().join("stand-in");
    // What it hands over is marked: these tables are of calls that it knows, or of such as it
    // must not take.
    let text = text.replacen("root=\n", &format!("root={shown}\n"), 1);
    let hand = format!("exec \"$root/usr/bin/{name}\" \"$@\"");
    assert!(text.contains(&hand));
    std::fs::write(&stand_in, text.replace(&hand, "echo handed over; exit 99")).expect("files");
    let mut done = Vec::new();
    for (script, arguments) in calls {
        let mut command = match original {
            true => Command::new(format!("/usr/bin/{name}")),
            false => Command::new("/bin/sh"),
        };
        if !original {
            command.arg(&stand_in);
        }
        command.args(*arguments).env_clear();
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        if original {
            command.env("DPKG_ROOT", &root);
        }
        command.env("DPKG_MAINTSCRIPT_NAME", script);
        command.env("DPKG_MAINTSCRIPT_PACKAGE", "some");
        command.env("DPKG_MAINTSCRIPT_ARCH", "amd64");
        let ended = command.output().expect("files");
        let mut files = BTreeMap::new();
        look(&root, &root, &mut files);
        let output = [ended.stdout, ended.stderr].concat();
        done.push(Done {
            code: ended.status.code(),
            output: String::from_utf8_lossy(&output).replace(&shown, ""),
            files,
        });
    }
    done
}

fn write(root: &Path, path: &str, content: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().expect("files")).expect("files");
    std::fs::write(path, content).expect("files");
}

/// Units as packages ship them.
fn units(root: &Path) {
    let units: [(&str, &str); 9] = [
        (
            "lib/systemd/system/a.service",
            "[Unit]\nDescription=A\n\n[Install]\nWantedBy=multi-user.target\n",
        ),
        (
            "usr/lib/systemd/system/b.timer",
            "[Install]\nWantedBy=timers.target",
        ),
        (
            "lib/systemd/system/two.service",
            "[Install]\nWantedBy=multi-user.target graphical.target\nRequiredBy=c.service\n",
        ),
        (
            "lib/systemd/system/none.service",
            "[Unit]\nDescription=WantedBy nobody\n",
        ),
        ("lib/systemd/system/empty.service", "[Install]\nWantedBy=\n"),
        (
            "lib/systemd/system/at@.service",
            "[Install]\nWantedBy=getty.target\n",
        ),
        (
            "usr/lib/systemd/user/u.service",
            "[Install]\nWantedBy=default.target\n",
        ),
        (
            "etc/systemd/system/own.service",
            "[Install]\nWantedBy=x.target\n",
        ),
        (
            "lib/systemd/system/own.service",
            "[Install]\nWantedBy=y.target\n",
        ),
    ];
    for (path, content) in units {
        write(root, path, content);
    }
}

#[test]
fn units_are_enabled_as_the_original_enables_them() {
    const NAME: &str = "deb-systemd-helper";
    if !is_there(NAME) {
        return;
    }
    let calls: Vec<Vec<&str>> = [
        "a.service",
        "b.timer",
        "two.service",
        "none.service",
        "empty.service",
        "at@.service",
        "own.service",
    ]
    .iter()
    .flat_map(|unit| {
        vec![
            vec!["debian-installed", unit],
            vec!["unmask", unit],
            vec!["--quiet", "was-enabled", unit],
            vec!["was-enabled", unit],
            vec!["enable", unit],
            vec!["was-enabled", unit],
            vec!["debian-installed", unit],
        ]
    })
    .chain([
        vec!["--user", "unmask", "u.service"],
        vec!["--user", "was-enabled", "u.service"],
        vec!["--user", "enable", "u.service"],
        vec!["--quiet", "--user", "was-enabled", "u.service"],
        vec!["--user", "debian-installed", "u.service"],
        vec!["--system", "debian-installed", "u.service"],
    ])
    .collect();
    let calls: Vec<(&str, &[&str])> = calls.iter().map(|call| ("postinst", &call[..])).collect();
    let theirs = run(true, NAME, SYSTEMD, &units, &calls);
    let ours = run(false, NAME, SYSTEMD, &units, &calls);
    for (call, (theirs, ours)) in calls.iter().zip(theirs.iter().zip(&ours)) {
        assert_eq!(theirs, ours, "{call:?}");
    }
    // What the person has done since counts.
    let disabled = |root: &Path| {
        units(root);
        write(
            root,
            "var/lib/systemd/deb-systemd-helper-enabled/a.service.dsh-also",
            "/etc/systemd/system/multi-user.target.wants/a.service\n",
        );
    };
    let calls: [(&str, &[&str]); 2] = [
        ("postinst", &["was-enabled", "a.service"]),
        ("postinst", &["debian-installed", "a.service"]),
    ];
    let theirs = run(true, NAME, SYSTEMD, &disabled, &calls);
    assert_eq!(theirs, run(false, NAME, SYSTEMD, &disabled, &calls));
    assert_eq!(theirs[0].code, Some(1));
}

#[test]
fn what_is_not_plain_is_left_to_the_original() {
    let strange = |root: &Path| {
        units(root);
        for (name, words) in [
            ("also", "Also=a.service"),
            ("alias", "Alias=other.service"),
            ("quoted", "WantedBy=\"multi-user.target\""),
            ("indented", "  WantedBy=multi-user.target"),
            ("small", "wantedby=multi-user.target"),
            ("blank", "WantedBy= multi-user.target"),
            ("tab", "WantedBy=a.target\tb.target"),
            ("twice", "WantedBy=a.target a.target"),
            ("instance", "WantedBy=a.target\nDefaultInstance=tty1"),
            ("linked", "WantedBy=linked.target"),
        ] {
            let path = format!("lib/systemd/system/{name}.service");
            write(root, &path, &format!("[Install]\n{words}\n"));
        }
        let wants = root.join("etc/systemd/system/linked.target.wants");
        std::fs::create_dir_all(&wants).expect("files");
        symlink("/nowhere", wants.join("linked.service")).expect("files");
        symlink("/dev/null", root.join("etc/systemd/system/masked.service")).expect("files");
        write(
            root,
            "var/lib/systemd/deb-systemd-helper-enabled/known.service.dsh-also",
            "",
        );
        write(root, "lib/systemd/system/known.service", "");
    };
    let calls: [&[&str]; 27] = [
        &[],
        &["enable"],
        &["--help"],
        &["enable", "also.service"],
        &["enable", "alias.service"],
        &["enable", "quoted.service"],
        &["enable", "indented.service"],
        &["enable", "small.service"],
        &["enable", "blank.service"],
        &["enable", "tab.service"],
        &["enable", "twice.service"],
        &["enable", "instance.service"],
        &["enable", "linked.service"],
        &["enable", "known.service"],
        &["enable", "missing.service"],
        &["enable", "a.service", "two.service"],
        &["enable", "../a.service"],
        &["enable", "a service"],
        &["enable", "--quiet", "a.service"],
        &["--qui", "enable", "a.service"],
        &["unmask", "masked.service"],
        &["mask", "a.service"],
        &["disable", "a.service"],
        &["purge", "a.service"],
        &["reenable", "a.service"],
        &["update-state", "a.service"],
        &["is-enabled", "a.service"],
    ];
    for call in calls {
        let done = run(
            false,
            "deb-systemd-helper",
            SYSTEMD,
            &strange,
            &[("postinst", call)],
        );
        assert_eq!(done[0].code, Some(99), "{call:?} {done:?}");
        let mut before = BTreeMap::new();
        let directory = tempfile::tempdir().expect("files");
        strange(directory.path());
        look(directory.path(), directory.path(), &mut before);
        assert_eq!(done[0].files, before, "{call:?} has changed nothing");
    }
}

#[test]
fn a_first_installation_has_nothing_to_maintain() {
    const NAME: &str = "dpkg-maintscript-helper";
    if !is_there(NAME) {
        return;
    }
    let world = |root: &Path| {
        write(root, "etc/old.conf", "mine");
        write(root, "usr/share/doc/d/file", "");
        symlink("target", root.join("usr/share/doc/l")).expect("files");
    };
    let calls: [&[&str]; 14] = [
        &["supports", "rm_conffile"],
        &["supports", "nothing"],
        &["rm_conffile", "/etc/old.conf", "1:4.7-1~", "--", "ACTION"],
        &[
            "rm_conffile",
            "/etc/old.conf",
            "2019.1~~",
            "--",
            "ACTION",
            "",
        ],
        &["rm_conffile", "/etc/old.conf", "--", "ACTION", ""],
        &[
            "rm_conffile",
            "/etc/old.conf",
            "5.26.0~rc1-2~",
            "perl",
            "--",
            "ACTION",
            "",
        ],
        &[
            "rm_conffile",
            "/etc/old.conf",
            "",
            "perl:amd64",
            "--",
            "ACTION",
            "",
        ],
        &[
            "mv_conffile",
            "/etc/old.conf",
            "/etc/new.conf",
            "--",
            "ACTION",
            "",
        ],
        &[
            "mv_conffile",
            "/etc/old.conf",
            "/etc/new.conf",
            "1.2-3",
            "some",
            "--",
            "ACTION",
        ],
        &[
            "symlink_to_dir",
            "/usr/share/doc/l",
            "target",
            "--",
            "ACTION",
            "",
        ],
        &[
            "symlink_to_dir",
            "/usr/share/doc/l",
            "target",
            "5.30.0-1",
            "p",
            "--",
            "ACTION",
            "",
        ],
        &[
            "symlink_to_dir",
            "/usr/share/doc/none",
            "perl",
            "5.30.0-1",
            "--",
            "ACTION",
        ],
        &[
            "dir_to_symlink",
            "/usr/share/doc/d",
            "l",
            "--",
            "ACTION",
            "",
        ],
        &[
            "dir_to_symlink",
            "/usr/share/doc/d",
            "../l",
            "0:1.0+b1-2.1",
            "--",
            "ACTION",
            "",
        ],
    ];
    for (script, action) in [("preinst", "install"), ("postinst", "configure")] {
        for call in calls {
            let call: Vec<&str> = call
                .iter()
                .map(|word| word.replace("ACTION", action).leak() as &str)
                .collect();
            let call = [(script, &call[..])];
            let theirs = run(true, NAME, MAINTENANCE, &world, &call);
            let ours = run(false, NAME, MAINTENANCE, &world, &call);
            assert_eq!(theirs, ours, "{call:?}");
        }
    }
}

#[test]
fn an_upgrade_and_whatever_is_odd_is_left_to_the_original() {
    let world = |root: &Path| {
        std::fs::create_dir_all(root.join("usr/share/doc/d.dpkg-backup")).expect("files");
        symlink("target", root.join("usr/share/doc/l.dpkg-backup")).expect("files");
    };
    let calls: [(&str, &[&str]); 21] = [
        ("preinst", &[]),
        ("preinst", &["help"]),
        ("preinst", &["supports"]),
        ("preinst", &["rm_conffile", "/etc/a"]),
        ("preinst", &["rm_conffile", "/etc/a", "1.0"]),
        ("preinst", &["rm_conffile", "/etc/a", "1.0", "--"]),
        (
            "preinst",
            &["rm_conffile", "/etc/a", "1.0", "--", "install", "0.9"],
        ),
        (
            "preinst",
            &[
                "rm_conffile",
                "/etc/a",
                "1.0",
                "--",
                "upgrade",
                "0.9",
                "1.1",
            ],
        ),
        (
            "postinst",
            &["rm_conffile", "/etc/a", "1.0", "--", "configure", "0.9"],
        ),
        ("postrm", &["rm_conffile", "/etc/a", "1.0", "--", "purge"]),
        ("prerm", &["rm_conffile", "/etc/a", "1.0", "--", "remove"]),
        ("preinst", &["rm_conffile", "etc/a", "1.0", "--", "install"]),
        ("preinst", &["rm_conffile", "--", "install"]),
        (
            "preinst",
            &["rm_conffile", "/etc/a", "no version", "--", "install"],
        ),
        (
            "preinst",
            &["rm_conffile", "/etc/a", "a1.0", "--", "install"],
        ),
        (
            "preinst",
            &["rm_conffile", "/etc/a", "1:2:3", "--", "install"],
        ),
        (
            "preinst",
            &["rm_conffile", "/etc/a", "1.0", "p", "more", "--", "install"],
        ),
        ("preinst", &["mv_conffile", "/etc/a", "--", "install"]),
        ("preinst", &["mv_conffile", "/etc/a", "b", "--", "install"]),
        (
            "postinst",
            &[
                "dir_to_symlink",
                "/usr/share/doc/d",
                "l",
                "--",
                "configure",
                "",
            ],
        ),
        (
            "postinst",
            &[
                "symlink_to_dir",
                "/usr/share/doc/l",
                "target",
                "--",
                "configure",
                "",
            ],
        ),
    ];
    for call in calls {
        let done = run(
            false,
            "dpkg-maintscript-helper",
            MAINTENANCE,
            &world,
            &[call],
        );
        assert_eq!(done[0].code, Some(99), "{call:?} {done:?}");
    }
}

#[test]
fn the_documents_name_the_versions_that_are_stood_in_for() {
    const SOURCES: [&str; 3] = [
        KNOWN,
        include_str!("../src/helpers/debconf.rs"),
        include_str!("../src/helpers/usrmerge.rs"),
    ];
    let is_version = |word: &&str| word.starts_with(|first: char| first.is_ascii_digit());
    let words = |line: &'static str| line.split([' ', ',', '|']).filter(is_version);
    // A comment that begins with a version is that of the digest below it.
    let known: std::collections::BTreeSet<&str> = SOURCES
        .iter()
        .flat_map(|source| source.lines())
        .filter_map(|line| line.trim().strip_prefix("// "))
        .filter(|line| is_version(line))
        .flat_map(words)
        .collect();
    let page = include_str!("../../../docs/unpacking.md");
    let table = page
        .split("| helper | originals")
        .nth(1)
        .expect("the table");
    let table = table.split("\n\n").next().expect("the table");
    let told: std::collections::BTreeSet<&str> = table.lines().flat_map(words).collect();
    assert_eq!(told, known);
}
