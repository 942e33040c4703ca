//! Files, directories, links, the system's names, and scripts.

use formwork_model::settings::{Content, Settings};

use super::support::{World, settings};

#[test]
fn files_have_their_content_mode_and_owner() {
    let Some(mut world) = World::new() else {
        return;
    };
    world.project("files/issue", "from the project\n");
    world.write("etc/motd", "from a package\n");
    std::os::unix::fs::symlink("/run/resolv.conf", world.root().join("etc/resolv.conf"))
        .expect("a link");
    world
        .apply(
            "[users.admin]\n[files.\"/etc/motd\"]\ncontent = \"mine\\n\"\nmode = \"0640\"\ngroup = \"adm\"\n\
             [files.\"/etc/resolv.conf\"]\ncontent = \"nameserver ::1\\n\"\n\
             [files.\"/etc/issue\"]\nsource = \"files/issue\"\n\
             [files.\"/home/admin/a/b/c\"]\ncontent = \"\"\nowner = \"admin\"\nmode = \"4755\"\n\
             [directories.\"/srv/data\"]\nmode = \"2770\"\ngroup = \"users\"\n\
             [directories.\"/root\"]\n\
             [links]\n\"/etc/x/motd\" = \"../motd\"\n\
             [kernel]\nmodules = [\"dm_verity\"]",
        )
        .expect("applies");
    assert_eq!(
        (world.read("etc/motd"), world.rights("etc/motd")),
        ("mine\n".into(), (0, 4, 0o640))
    );
    assert_eq!(world.read("etc/resolv.conf"), "nameserver ::1\n");
    assert_eq!(world.read("etc/issue"), "from the project\n");
    assert_eq!(world.rights("home/admin/a/b/c"), (1000, 1000, 0o4755));
    assert_eq!(
        world.rights("home/admin/a/b"),
        (1000, 1000, 0o755),
        "as the home above it"
    );
    assert_eq!(world.rights("srv/data"), (0, 100, 0o2770));
    assert_eq!(world.read("etc/x/motd"), "mine\n");
    assert_eq!(world.read("etc/modules-load.d/image.conf"), "dm_verity\n");
}

#[test]
fn nothing_is_written_outside_of_the_tree_or_over_a_directory() {
    let Some(mut world) = World::new() else {
        return;
    };
    let outside = world.root().with_file_name("outside");
    std::fs::create_dir(&outside).expect("a directory");
    let target = format!("../../{}", outside.display());
    std::os::unix::fs::symlink(target, world.root().join("etc/way-out")).expect("a link");
    let _ = world.apply("[files.\"/etc/way-out/x\"]\ncontent = \"\"");
    assert!(!outside.join("x").exists());
    assert_eq!(
        world.refuses("[files.\"/etc/skel\"]\ncontent = \"\""),
        "images/gateway.toml:1: /etc/skel is a directory"
    );
    assert_eq!(
        world.refuses("[directories.\"/etc/passwd\"]"),
        "images/gateway.toml:1: /etc/passwd is there and no directory"
    );
    assert_eq!(
        world.refuses("[files.\"/etc/x\"]\ncontent = \"\"\nowner = \"rot\""),
        "images/gateway.toml:1: there is no user `rot`; did you mean `root`?"
    );
}

#[test]
fn a_file_of_the_project_must_be_the_one_that_the_order_names() {
    let Some(mut world) = World::new() else {
        return;
    };
    world.project("files/issue", "changed meanwhile\n");
    let mut settings: Settings = settings("[files.\"/etc/issue\"]\nsource = \"files/issue\"");
    if let Content::File(file) = &mut settings.files[0].content {
        file.host = world.root().with_file_name("project").join("files/issue");
        file.size = 5;
        file.sha256 = "0".repeat(64);
    }
    let error = world
        .apply_loaded(&settings)
        .expect_err("another file")
        .to_string();
    assert_eq!(
        error,
        "images/gateway.toml:2: files/issue changed while the image was built"
    );
}

#[test]
fn the_system_has_its_names() {
    let Some(mut world) = World::new() else {
        return;
    };
    world.write(
        "etc/hosts",
        "127.0.0.1 localhost\n127.0.1.1 old\n::1 localhost\n",
    );
    world.write("etc/timezone", "Etc/UTC\n");
    world
        .apply(
            "[system]\nhostname = \"gw.example\"\ntimezone = \"Europe/Berlin\"\nlocale = \"C.UTF-8\"\n\
             machine_id = \"0123456789abcdef0123456789abcdef\"",
        )
        .expect("applies");
    assert_eq!(world.read("etc/hostname"), "gw.example\n");
    assert_eq!(
        world.read("etc/hosts"),
        "127.0.0.1 localhost\n127.0.1.1\tgw.example gw\n::1 localhost\n"
    );
    assert_eq!(world.read("etc/localtime"), "TZif");
    assert_eq!(world.read("etc/timezone"), "Europe/Berlin\n");
    assert_eq!(world.read("etc/default/locale"), "LANG=C.UTF-8\n");
    assert_eq!(
        world.read("etc/machine-id"),
        "0123456789abcdef0123456789abcdef\n"
    );
    assert!(world.ran.is_empty(), "C.UTF-8 is built in");
    let zone = world.refuses("[system]\ntimezone = \"Europe/Berln\"");
    assert_eq!(
        zone,
        "images/gateway.toml:2: there is no time zone Europe/Berln; tzdata-legacy may have it"
    );
    let locale = world.refuses("[system]\nlocale = \"de_DE.UTF-8\"");
    assert_eq!(
        locale,
        "images/gateway.toml:2: the image cannot make the locale de_DE.UTF-8; add locales to `packages`"
    );
    world.write(
        "usr/share/i18n/SUPPORTED",
        "de_AT.UTF-8 UTF-8\nde_DE.UTF-8 UTF-8\n",
    );
    world
        .apply("[system]\nlocale = \"de_DE.UTF-8\"")
        .expect("applies");
    assert_eq!(world.read("etc/locale.gen"), "de_DE.UTF-8 UTF-8\n");
    assert_eq!(world.ran[0].arguments, ["/usr/sbin/locale-gen"]);
}

#[test]
fn scripts_run_in_order_and_leave_nothing() {
    let Some(mut world) = World::new() else {
        return;
    };
    world.project("scripts/b.sh", "#!/bin/sh\n: first\n");
    world.project("scripts/a.sh", "#!/bin/sh\n: second\n");
    world
        .apply("scripts = [\"scripts/b.sh\", \"scripts/a.sh\"]\n[system]\nhostname = \"x\"")
        .expect("applies");
    let ran: Vec<&[u8]> = world
        .ran
        .iter()
        .map(|program| program.input.as_slice())
        .collect();
    assert_eq!(
        ran,
        [b"#!/bin/sh\n: first\n".as_slice(), b"#!/bin/sh\n: second\n"]
    );
    let epoch = ("SOURCE_DATE_EPOCH".to_owned(), "1793491200".to_owned());
    assert!(
        world.ran[0].environment.contains(&epoch),
        "{:?}",
        world.ran[0]
    );
    assert!(!world.root().join(".formwork-script").exists());
    world.project("scripts/bad.sh", "#!/bin/sh\nexit 7\n");
    let error = world.refuses("scripts = [\"scripts/bad.sh\"]");
    assert_eq!(
        error,
        "images/gateway.toml:1: the script scripts/bad.sh failed: exit status 7\n  | it is no use"
    );
    assert!(!world.root().join(".formwork-script").exists());
    world.project("scripts/none.sh", "echo\n");
    let error = world.refuses("scripts = [\"scripts/none.sh\"]");
    assert!(
        error.ends_with("does not begin with #!, as in #!/bin/sh"),
        "{error}"
    );
}
