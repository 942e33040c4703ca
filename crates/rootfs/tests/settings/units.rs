//! Units, as `systemctl --root` of this machine does them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use super::support::World;

/// Unit files: path and text.
const UNITS: &[(&str, &str)] = &[
    (
        "plain.service",
        "[Service]\nExecStart=/x\n[Install]\nWantedBy=multi-user.target\nAlias=other.service\n",
    ),
    (
        "many.service",
        "[Install]\nWantedBy=a.target b.target\nRequiredBy=c.target\nAlias=%p-%N.service\nWantedBy=d.target \\\n  e.target\n",
    ),
    (
        "pair.service",
        "[Install]\nAlso=pair.socket\nWantedBy=multi-user.target\n",
    ),
    ("pair.socket", "[Install]\nWantedBy=sockets.target\n"),
    (
        "tty@.service",
        "[Install]\nWantedBy=getty.target\nDefaultInstance=tty1\n",
    ),
    ("bare@.service", "[Install]\nWantedBy=multi-user.target\n"),
    (
        "reset.service",
        "[Install]\nWantedBy=wrong.target\nWantedBy=\nWantedBy=right.target\n",
    ),
    ("dropped.service", "[Service]\nExecStart=/x\n"),
    (
        "dropped.service.d/50-x.conf",
        "[Install]\nWantedBy=multi-user.target\n",
    ),
    (
        "only-alias.service",
        "# nothing else\n[Install]\n; a remark\nAlias=display-manager.service\n",
    ),
    ("static.service", "[Service]\nExecStart=/x\n"),
    ("daily.timer", "[Install]\nWantedBy=timers.target\n"),
];

/// A tree with these units and systemd's links for some of them.
fn world() -> Option<World> {
    let world = World::new()?;
    for (name, text) in UNITS {
        world.write(&format!("lib/systemd/system/{name}"), text);
    }
    Some(world)
}

/// Every link of the tree's configuration.
fn links(root: &Path) -> BTreeMap<String, String> {
    let mut links = BTreeMap::new();
    let mut open = vec![root.join("etc/systemd/system")];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(&directory)
            .into_iter()
            .flatten()
            .flatten()
        {
            let path = entry.path();
            let name = path
                .strip_prefix(root)
                .expect("inside")
                .display()
                .to_string();
            if path.is_symlink() {
                let target = std::fs::read_link(&path).expect("a link");
                links.insert(name, target.display().to_string());
            } else if path.is_dir() {
                open.push(path);
            }
        }
    }
    links
}

/// Has this machine's systemctl do the same; false if it has none.
fn peer(world: &World, verb: &str, unit: &str) -> bool {
    let result = Command::new("systemctl")
        .args([
            "--root",
            &world.root().display().to_string(),
            "--quiet",
            verb,
            unit,
        ])
        .env("LC_ALL", "C")
        .output();
    match result {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{verb} {unit}: {said}");
            true
        }
        Err(_) => false,
    }
}

#[test]
fn links_are_those_of_systemctl() {
    let cases: &[&[(&str, &str)]] = &[
        &[("enable", "plain.service")],
        &[("enable", "many.service")],
        &[("enable", "pair.service")],
        &[("enable", "tty@.service")],
        &[("enable", "tty@ttyS0.service")],
        &[("enable", "bare@x.service")],
        &[("enable", "reset.service")],
        &[("enable", "dropped.service")],
        &[("enable", "only-alias.service")],
        &[("enable", "daily.timer")],
        &[("mask", "static.service")],
        &[("mask", "nowhere.service")],
        &[("enable", "plain.service"), ("disable", "plain.service")],
        &[
            ("enable", "many.service"),
            ("enable", "plain.service"),
            ("disable", "many.service"),
        ],
        &[("enable", "pair.service"), ("disable", "pair.service")],
        &[("enable", "pair.service"), ("disable", "pair.socket")],
        &[
            ("enable", "tty@ttyS0.service"),
            ("enable", "tty@ttyS1.service"),
            ("disable", "tty@ttyS0.service"),
        ],
        &[
            ("enable", "tty@ttyS0.service"),
            ("enable", "bare@x.service"),
            ("disable", "tty@.service"),
        ],
        &[("enable", "plain.service"), ("enable", "plain.service")],
        &[("disable", "daily.timer")],
    ];
    for case in cases {
        let (Some(mut own), Some(other)) = (world(), world()) else {
            return;
        };
        for (verb, unit) in *case {
            own.apply(&format!("[services]\n{verb} = [\"{unit}\"]"))
                .unwrap_or_else(|error| panic!("{verb} {unit}: {error}"));
            if !peer(&other, verb, unit) {
                eprintln!("there is no systemctl here: nothing is compared");
                return;
            }
        }
        assert_eq!(links(&own.root()), links(&other.root()), "{case:?}");
    }
}

#[test]
fn what_cannot_be_switched_is_said() {
    let Some(mut world) = world() else { return };
    std::os::unix::fs::symlink(
        "plain.service",
        world.root().join("lib/systemd/system/nick.service"),
    )
    .expect("a link");
    world.write("etc/init.d/old", "");
    world.write(
        "etc/systemd/system/own.service",
        "[Install]\nWantedBy=x.target\n",
    );
    for (line, expected) in [
        (
            "enable = [\"plan\"]",
            "there is no unit `plan.service`; did you mean `plain.service`?",
        ),
        (
            "disable = [\"gone.timer\"]",
            "there is no unit `gone.timer`",
        ),
        (
            "enable = [\"static\"]",
            "`static.service` cannot be enabled: its file /lib/systemd/system/static.service has no [Install] section; something else starts it, or give it one by a drop-in",
        ),
        (
            "enable = [\"bare@\"]",
            "`bare@.service` is a template: name an instance of it, as in bare@NAME.service",
        ),
        (
            "enable = [\"nick\"]",
            "`nick.service` is only another name: /lib/systemd/system/nick.service leads to plain.service; name that unit",
        ),
        (
            "enable = [\"old\"]",
            "`old.service` has no unit but /etc/init.d/old; switch it by a script with update-rc.d",
        ),
        (
            "mask = [\"own\"]",
            "`own.service` cannot be masked: /etc/systemd/system/own.service is there already",
        ),
    ] {
        let error = world.refuses(&format!("[services]\n{line}"));
        assert_eq!(error, format!("images/gateway.toml:2: {expected}"));
    }
    world
        .apply("[services]\nmask = [\"plain\"]")
        .expect("applies");
    let error = world.refuses("[services]\nenable = [\"plain\"]");
    assert_eq!(
        error,
        "images/gateway.toml:2: `plain.service` is masked by /etc/systemd/system/plain.service"
    );
}

#[test]
fn a_first_boot_does_not_undo_it() {
    let Some(mut world) = world() else { return };
    world
        .apply("[services]\nenable = [\"plain\", \"daily.timer\"]\ndisable = [\"pair\"]")
        .expect("applies");
    let preset = "enable daily.timer\nenable plain.service\ndisable pair.service\n";
    assert_eq!(
        world.read("etc/systemd/system-preset/00-image.preset"),
        preset
    );
    let before = links(&world.root());
    if peer(&world, "preset", "pair.service") {
        assert_eq!(links(&world.root()), before);
    }
}

#[test]
fn links_name_the_units_as_the_suite_does() {
    let Some(mut world) = world() else { return };
    std::fs::create_dir_all(world.root().join("usr/lib")).expect("a directory");
    std::fs::rename(
        world.root().join("lib/systemd"),
        world.root().join("usr/lib/systemd"),
    )
    .expect("moved");
    std::fs::remove_dir(world.root().join("lib")).expect("removed");
    std::os::unix::fs::symlink("usr/lib", world.root().join("lib")).expect("a link");
    world.write(
        "var/lib/dpkg/info/systemd.list",
        "/.\n/usr/lib/systemd/system/x.service\n",
    );
    world
        .apply("[services]\nenable = [\"daily.timer\"]")
        .expect("applies");
    let links = links(&world.root());
    let link = links.get("etc/systemd/system/timers.target.wants/daily.timer");
    assert_eq!(
        link.map(String::as_str),
        Some("/usr/lib/systemd/system/daily.timer")
    );
}
