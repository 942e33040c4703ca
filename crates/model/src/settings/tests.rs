//! What settings mean, and every complaint about them with its place.

use proptest::prelude::*;

use super::*;
use crate::project::Project;
use crate::source::Source;

/// A hash as `mkpasswd` prints it.
const HASH: &str = "$y$j9T$uW1bXy1pTtxjYJdTjOvTn/$k2mW0Zk3d9Vb8Qn1Jt0oE0gkKQx1UyB5t0n7sJ4qWc1";

const PROJECT: &str = "[project]\nname = \"x\"\nsuites = [\"bookworm\"]\narchitectures = [\"amd64\"]\n\
                       [repositories.debian]\nsuite = \"bookworm\"\n";

/// The settings of an image of this text.
fn read(image: &str) -> Result<Settings, FileError> {
    let images = [("gateway", Source::new("images/gateway.toml", image))];
    let project = Project::read(Source::new("formwork.toml", PROJECT), &images)?;
    let builds = project.builds();
    Ok(builds.first().expect("a build").settings.clone())
}

/// The file of this path.
fn content<'a>(settings: &'a Settings, path: &str) -> (&'a str, Option<u32>) {
    let file = settings.files.iter().find(|file| file.path == path);
    let file = file.unwrap_or_else(|| panic!("no {path} in {:?}", settings.files));
    match &file.content {
        Content::Text(text) => (text, file.rights.mode),
        Content::File(file) => (&file.path, None),
    }
}

/// An image that says something of everything.
fn everything() -> String {
    format!(
        r#"
scripts = ["scripts/last.sh"]
[system]
hostname = "gateway-1.example"
locale = "de_DE.UTF-8"
timezone = "Europe/Berlin"
machine_id = "0123456789abcdef0123456789abcdef"
[users.admin]
password = "{HASH}"
ssh_keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIexample me@x", "keys/admin.pub"]
groups = ["adm", "dialout"]
shell = "/bin/bash"
sudo = "nopassword"
uid = 1200
[users.root]
locked = true
[groups.gpio]
gid = 990
system = true
members = ["admin"]
[ids]
systemd-network = 901
[files."/etc/motd"]
content = "hello\n"
mode = "0600"
owner = "admin"
[files."/etc/issue"]
source = "files/issue"
[directories."/srv/data"]
mode = "2770"
group = "gpio"
[directories."/opt/app"]
source = "app"
[links]
"/etc/alternatives/pager" = "/bin/less"
[services]
enable = ["ssh", "getty@ttyS0"]
disable = ["apt-daily.timer"]
mask = ["systemd-networkd-wait-online"]
[kernel]
modules = ["dm_verity"]
blacklist = ["usb-storage"]
[sysctl]
kernel.panic = 10
net.ipv4.ip_forward = "1"
[network."10-eth0.network"]
content = "[Match]\nName=eth0\n"
[network.eth1]
source = "network/eth1"
[dropins."ssh.service"]
content = "[Service]\nRestart=always\n"
[dropins."sshd_config/10-keys"]
content = "PasswordAuthentication no\n"
[dropins.sudoers]
content = "Defaults lecture=never\n"
[clean]
logs = false
"#
    )
}

#[test]
fn every_table_means_what_it_says() {
    let image = everything();
    let settings = read(&image).expect("good");
    assert_eq!(
        settings.system.hostname.as_deref(),
        Some("gateway-1.example")
    );
    let locale = settings.system.locale.clone().expect("a locale");
    assert_eq!(
        (locale.text.as_str(), locale.at.as_str()),
        ("de_DE.UTF-8", "images/gateway.toml:5")
    );
    let admin = &settings.users[0];
    assert_eq!(
        (admin.name.as_str(), admin.uid, admin.sudo),
        ("admin", Some(1200), Some(Sudo::NoPassword))
    );
    assert_eq!(admin.ssh_keys.len(), 2);
    assert!(matches!(&admin.ssh_keys[1], Content::File(file) if file.path == "keys/admin.pub"));
    assert_eq!(settings.users[1].locked, Some(true));
    assert_eq!(settings.groups[0].members, ["admin"]);
    assert_eq!(
        (settings.ids["systemd-network"], settings.ids["gpio"]),
        (901, 990)
    );
    let expected = [
        ("/etc/issue", "files/issue", None),
        (
            "/etc/modprobe.d/image.conf",
            "blacklist usb-storage\ninstall usb-storage /bin/false\n",
            None,
        ),
        ("/etc/modules-load.d/image.conf", "dm_verity\n", None),
        ("/etc/motd", "hello\n", Some(0o600)),
        ("/etc/network/interfaces.d/eth1", "network/eth1", None),
        (
            "/etc/ssh/sshd_config.d/10-keys.conf",
            "PasswordAuthentication no\n",
            Some(0o644),
        ),
        (
            "/etc/sudoers.d/50-image",
            "Defaults lecture=never\n",
            Some(0o440),
        ),
        (
            "/etc/sudoers.d/admin",
            "admin ALL=(ALL:ALL) NOPASSWD: ALL\n",
            Some(0o440),
        ),
        (
            "/etc/sysctl.d/90-image.conf",
            "kernel.panic = 10\nnet.ipv4.ip_forward = 1\n",
            None,
        ),
        (
            "/etc/systemd/network/10-eth0.network",
            "[Match]\nName=eth0\n",
            Some(0o644),
        ),
        (
            "/etc/systemd/system/ssh.service.d/50-image.conf",
            "[Service]\nRestart=always\n",
            Some(0o644),
        ),
    ];
    for (path, text, mode) in expected {
        assert_eq!(content(&settings, path), (text, mode), "{path}");
    }
    assert_eq!(settings.files.len(), expected.len());
    let names = |list: &[Placed]| {
        list.iter()
            .map(|unit| unit.text.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(&settings.services.enable),
        ["ssh.service", "getty@ttyS0.service"]
    );
    assert_eq!(names(&settings.services.disable), ["apt-daily.timer"]);
    assert_eq!(settings.directories[1].rights.mode, Some(0o2770));
    let clean: Vec<_> = settings
        .clean
        .iter()
        .map(|(name, on)| (name.as_str(), *on))
        .collect();
    assert_eq!(clean, [("logs", false), ("machine_id", false)]);
    assert_eq!(settings.scripts[0].file.path, "scripts/last.sh");
    let text = serde_json::to_string(&settings).expect("JSON");
    let back: Settings = serde_json::from_str(&text).expect("reads back");
    assert_eq!(back, settings);
    assert!(
        !serde_json::to_string(&settings.bare())
            .expect("JSON")
            .contains("gateway.toml")
    );
}

#[test]
fn every_fault_of_a_setting_has_its_place_and_a_way_out() {
    let table = [
        (
            "[system]\nhostname = \"-x\"",
            "2:12: `-x` is no host name (letters",
        ),
        (
            "[system]\ntimezone = \"../x\"",
            "2:12: `../x` is no time zone",
        ),
        ("[system]\nlocale = \"de DE\"", "2:10: `de DE` is no locale"),
        (
            "[system]\nmachine_id = \"12\"",
            "2:14: `12` is no machine ID (\"first-boot\"",
        ),
        (
            "[system]\nhostnam = \"x\"",
            "2:1: unknown key `hostnam` (did you mean `hostname`?)",
        ),
        ("[users.Admin]", "1:8: `Admin` cannot be the name of a user"),
        (
            "[users.a]\npasword = \"x\"",
            "2:1: unknown key `pasword` (did you mean `password`?)",
        ),
        ("[users.a]\nuid = -1", "2:7: `uid` must be a number from 1"),
        (
            "[users.a]\nuid = 65534",
            "2:7: `uid` must be a number from 1 to 65533",
        ),
        (
            "[users.a]\nsudo = \"yes\"",
            "2:8: `sudo` is `yes` (write \"password\" or \"nopassword\")",
        ),
        (
            "[users.a]\nshell = \"bash\"",
            "2:9: `bash` is no path in the tree",
        ),
        (
            "[users.a]\nssh_keys = [\"ssh-ed25519 xx\"]",
            "2:13: this is no public key of SSH",
        ),
        (
            "[users.a]\nssh_keys = [\"../key.pub\"]",
            "2:13: `../key.pub` is no path in the project",
        ),
        (
            "[groups.a]\ngid = \"x\"",
            "2:7: `gid` must be a whole number, not a string",
        ),
        (
            "[ids]\na = 5\nb = 5",
            "3:5: `b` and `a` have the same number",
        ),
        (
            "[files.\"etc/x\"]\ncontent = \"\"",
            "1:8: `etc/x` is no path in the tree (a path from the root",
        ),
        (
            "[files.\"/etc/../x\"]\ncontent = \"\"",
            "1:8: `/etc/../x` is no path in the tree",
        ),
        (
            "[files.\"/run/x\"]\ncontent = \"\"",
            "1:8: `/run/x` lies where nothing of an image stays",
        ),
        (
            "[files.\"/etc/x\"]",
            "1:8: `/etc/x` has neither `source` nor `content`",
        ),
        (
            "[files.\"/etc/x\"]\nsource = \"a\"\ncontent = \"b\"",
            "3:11: `/etc/x` has both `source` (images/gateway.toml:2:10) and `content` (images/gateway.toml:3:11)",
        ),
        (
            "[files.\"/etc/x\"]\nsource = \"/a\"",
            "2:10: `/a` is no path in the project",
        ),
        (
            "[files.\"/etc/x\"]\ncontent = \"\"\nmode = \"888\"",
            "3:8: `888` is no mode (octal digits",
        ),
        (
            "[files.\"/etc/x\"]\ncontent = \"\"\nmode = 644",
            "3:8: `mode` must be a string, not a whole number",
        ),
        (
            "[files.\"/etc/sysctl.d/90-image.conf\"]\ncontent = \"\"\n[sysctl]\na.b = 1",
            "3:2: `/etc/sysctl.d/90-image.conf` is written twice: images/gateway.toml:1:8 and images/gateway.toml:3:2",
        ),
        (
            "[files.\"/etc/x\"]\ncontent = \"\"\n[directories.\"/etc/x/y\"]",
            "3:14: `/etc/x/y` is, or lies below, a file: images/gateway.toml:1",
        ),
        (
            "[files.\"/etc/x/y\"]\ncontent = \"\"\n[links]\n\"/etc/x\" = \"z\"",
            "1:8: `/etc/x/y` is, or lies below, a link: images/gateway.toml:4",
        ),
        (
            "[links]\n\"/etc/x\" = \"\"",
            "2:12: a link must say where it leads",
        ),
        (
            "[services]\nenable = [\"a\"]\nmask = [\"a.service\"]",
            "3:9: `a.service` stands under `enable` (images/gateway.toml:2:11) and under `mask` (images/gateway.toml:3:9)",
        ),
        (
            "[services]\nenable = [\"a/b\"]",
            "2:11: `a/b` is no name of a unit",
        ),
        (
            "[kernel]\nmodules = [\"a.ko\"]",
            "2:12: `a.ko` is no kernel module",
        ),
        (
            "[kernel]\nmodules = [\"a-b\"]\nblacklist = [\"a_b\"]",
            "2:12: the module `a-b` is both loaded and kept out",
        ),
        ("[sysctl]\n\"a b\" = 1", "2:1: `a b` is no kernel parameter"),
        (
            "[sysctl]\na = true",
            "2:5: `a` must be a string or a whole number, not true or false",
        ),
        (
            "[network.\"eth0.conf\"]\ncontent = \"\"",
            "1:10: nobody would read the network file `eth0.conf`",
        ),
        (
            "[dropins.\"journal.conf\"]\ncontent = \"\"",
            "1:10: nobody knows drop-ins for `journal.conf` (did you mean `journald.conf`?)",
        ),
        (
            "[dropins.\"ssh.service/../x\"]\ncontent = \"\"",
            "1:10: `../x` cannot be the name of a file here",
        ),
        (
            "scripts = [\"/bin/sh\"]",
            "1:12: `/bin/sh` is no path in the project",
        ),
        (
            "[clean]\nlog = true",
            "2:1: unknown key `log` (did you mean `logs`?)",
        ),
    ];
    for (image, expected) in table {
        let error = read(image).expect_err(image).to_string();
        let expected = format!("images/gateway.toml:{expected}");
        assert!(error.starts_with(&expected), "{error}\n{expected}");
    }
}

#[test]
fn a_plain_password_is_refused_and_never_shown() {
    for (password, said) in [
        ("hunter2", "the password is not hashed"),
        ("", "the password is not hashed"),
        ("$6$short", "the password is not hashed"),
        (
            "$1$abcdefgh$hunter2hunter2hunter2",
            "hashed by MD5, which is too weak",
        ),
        (
            "$6$salt$hunter2hunter2hunter2:x",
            "the password is not hashed",
        ),
    ] {
        let error = read(&format!("[users.a]\npassword = \"{password}\"")).expect_err(password);
        assert!(error.message.contains(said), "{error}");
        assert!(
            error
                .hint
                .as_deref()
                .is_some_and(|hint| hint.contains("mkpasswd")),
            "{error}"
        );
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}

#[test]
fn an_option_is_read_even_where_its_settings_are_wrong_in_combination_alone() {
    let image = "[files.\"/etc/x\"]\ncontent = \"a\"\n[options.debug.directories.\"/etc/x/y\"]\n";
    let error = read(image).expect_err("a clash").to_string();
    assert!(error.contains("lies below, a file"), "{error}");
}

proptest! {
    #[test]
    fn no_image_makes_the_reader_panic(
        at in 0_usize..2000,
        length in 0_usize..40,
        junk in "\\PC{0,12}|-[a-z]{1,5}|[0-9]{1,20}|\"|false",
    ) {
        let mut text = everything();
        let start = at.min(text.len());
        let end = (start + length).min(text.len());
        if text.is_char_boundary(start) && text.is_char_boundary(end) {
            text.replace_range(start..end, &junk);
        }
        if let Err(error) = read(&text) {
            prop_assert!(error.spot.line >= 1 && error.spot.column >= 1);
        }
    }
}
