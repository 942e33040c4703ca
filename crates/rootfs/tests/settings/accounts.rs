//! Users and groups, and what `pwck` and `grpck` say of them.

use std::process::Command;

use super::support::World;

const HASH: &str = "$y$j9T$uW1bXy1pTtxjYJdTjOvTn/$k2mW0Zk3d9Vb8Qn1Jt0oE0gkKQx1UyB5t0n7sJ4qWc1";

#[test]
fn accounts_are_written_as_debians_tools_write_them() {
    let Some(mut world) = World::new() else {
        return;
    };
    world.project("keys/two.pub", "# both\nssh-ed25519 AAAAtwo two\n");
    let image = format!(
        "[users.root]\nlocked = true\nssh_keys = [\"ssh-rsa AAAAroot r\"]\n\
         [users.bob]\ngroups = [\"adm\"]\n\
         [users.admin]\npassword = \"{HASH}\"\ngroups = [\"adm\", \"gpio\"]\ncomment = \"The Admin\"\n\
         ssh_keys = [\"ssh-ed25519 AAAAone one\", \"keys/two.pub\"]\n\
         [users.app]\nsystem = true\nhome = \"/srv/app\"\n\
         [users.late]\nuid = 1000\n\
         [users.sshd]\ngroup = \"nogroup\"\nlocked = true\n\
         [groups.gpio]\nsystem = true\nmembers = [\"bob\"]\n[groups.project]\n"
    );
    world.apply(&image).expect("applies");
    let passwd = world.read("etc/passwd");
    let lines: Vec<&str> = passwd.lines().skip(4).collect();
    assert_eq!(
        lines,
        [
            "late:x:1000:1000::/home/late:/bin/bash",
            "admin:x:1001:1001:The Admin:/home/admin:/bin/bash",
            "app:x:999:999::/srv/app:/usr/sbin/nologin",
            "bob:x:1002:1002::/home/bob:/bin/bash",
        ]
    );
    let shadow = world.read("etc/shadow");
    let lines: Vec<&str> = shadow.lines().collect();
    assert_eq!(lines[0], "root:!:20758:0:99999:7:::");
    assert_eq!(lines[2], "sshd:!:19000::::::", "it was locked before");
    assert_eq!(lines[5], format!("admin:{HASH}:20758:0:99999:7:::"));
    assert_eq!(lines[6], "app:!:20758:0:99999:7:::");
    assert_eq!(lines[7], "bob:*:20758:0:99999:7:::");
    let group = world.read("etc/group");
    for line in [
        "adm:x:4:admin,bob",
        "gpio:x:998:admin,bob",
        "project:x:1003:",
    ] {
        assert!(group.lines().any(|known| known == line), "{line}\n{group}");
    }
    assert!(world.read("etc/gshadow").contains("\ngpio:!::admin,bob\n"));
    let subordinate = "late:100000:65536\nadmin:165536:65536\nbob:231072:65536\n";
    assert_eq!(world.read("etc/subuid"), subordinate);
    assert_eq!(world.read("etc/subgid"), subordinate);

    assert_eq!(world.rights("home/admin"), (1001, 1001, 0o700));
    assert_eq!(world.rights("home/admin/.profile"), (1001, 1001, 0o644));
    assert_eq!(world.read("home/admin/.config/app.conf"), "# deep\n");
    assert_eq!(
        world.rights("home/admin/.ssh/authorized_keys"),
        (1001, 1001, 0o600)
    );
    let keys = "ssh-ed25519 AAAAone one\n# both\nssh-ed25519 AAAAtwo two\n";
    assert_eq!(world.read("home/admin/.ssh/authorized_keys"), keys);
    assert_eq!(world.rights("root/.ssh"), (0, 0, 0o700));
    assert_eq!(world.rights("srv/app"), (999, 999, 0o755));
    assert!(
        !world.root().join("srv/app/.profile").exists(),
        "no person lives there"
    );
    checked(&world);
    // The same again changes nothing.
    let before = (passwd, shadow, group);
    world.apply(&image).expect("applies again");
    assert_eq!(
        before,
        (
            world.read("etc/passwd"),
            world.read("etc/shadow"),
            world.read("etc/group")
        )
    );
}

/// The checkers of Debian find nothing but directories that packages make at run time.
fn checked(world: &World) {
    for program in ["pwck", "grpck"] {
        let result = Command::new(program)
            .args(["-r", "-R"])
            .arg(world.root())
            .env("LC_ALL", "C")
            .output();
        let Ok(output) = result else {
            eprintln!("{program} is not here: not compared");
            continue;
        };
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let faults: Vec<&str> = said
            .lines()
            .filter(|line| !line.contains("no changes"))
            .filter(|line| {
                let gone = ["'/usr/sbin'", "'/run/sshd'", "'/nonexistent'"];
                !gone.iter().any(|directory| line.contains(directory))
            })
            .collect();
        assert!(faults.is_empty(), "{program}: {faults:?}");
    }
}

#[test]
fn a_number_that_is_another_s_is_refused_or_left_to_the_rule_of_names() {
    let Some(mut world) = World::new() else {
        return;
    };
    world.write("etc/passwd", "root:x:0:0:root:/root:/bin/bash\nold:x:1000:1000::/home/old:/bin/bash\nsys:x:150:0::/:/usr/sbin/nologin\n");
    assert_eq!(
        world.refuses("[users.new]\nuid = 1000"),
        "images/gateway.toml:1: the number 1000 of `new` is another's already"
    );
    assert_eq!(
        world.refuses("[users.old]\nuid = 1500"),
        "images/gateway.toml:1: the user `old` has the number 1000 already, not 1500"
    );
    world
        .apply("[users.new]\nuid = 150\nsystem = true\n[users.next]")
        .expect("applies");
    let passwd = world.read("etc/passwd");
    assert!(passwd.contains("\nnew:x:999:999:"), "{passwd}");
    assert!(passwd.contains("\nnext:x:1001:1001:"), "{passwd}");
}

#[test]
fn what_the_tree_lacks_is_said_with_the_place_that_asks_for_it() {
    let Some(mut world) = World::new() else {
        return;
    };
    for (image, expected) in [
        (
            "[users.a]\ngroups = [\"admn\"]",
            "images/gateway.toml:1: there is no group `admn`; did you mean `adm`?; declare it in [groups], or add the package that makes it",
        ),
        (
            "[users.a]\nshell = \"/bin/zsh\"",
            "images/gateway.toml:1: the shell /bin/zsh of the user `a` is not in the tree; add its package",
        ),
        (
            "[groups.a]\nmembers = [\"bob\"]",
            "images/gateway.toml:1: there is no user `bob`",
        ),
        (
            "[users.nobody]\nssh_keys = [\"ssh-rsa AAAA x\"]",
            "images/gateway.toml:1: the user `nobody` has no home for its SSH keys",
        ),
        (
            "[users.root]\nsudo = \"password\"",
            "images/gateway.toml:1: sudo is not in the image; add it to `packages`",
        ),
    ] {
        assert_eq!(world.refuses(image), expected);
    }
}
