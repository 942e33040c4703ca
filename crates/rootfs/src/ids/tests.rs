use super::*;
use std::path::Path;

const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\n\
    _apt:x:100:65534::/nonexistent:/usr/sbin/nologin\n\
    messagebus:x:101:102::/nonexistent:/usr/sbin/nologin\n\
    sshd:x:102:65534::/run/sshd:/usr/sbin/nologin\n";
const GROUP: &str =
    "root:x:0:\nusers:x:100:\nmessagebus:x:102:\n_ssh:x:103:sshd,_apt\nnogroup:x:65534:\n";

fn planned(passwd: &str, group: &str, chosen: &[(&str, u32)]) -> Result<Numbers, Error> {
    let chosen = chosen.iter().map(|(name, id)| ((*name).to_owned(), *id));
    let prescribed = BTreeSet::from(["users".to_owned()]);
    plan(
        &Accounts::read(passwd, group),
        &prescribed,
        &chosen.collect(),
    )
}

#[test]
fn a_number_follows_from_the_name_alone() {
    let first = planned(PASSWD, GROUP, &[]).unwrap();
    let other = PASSWD
        .replace(":101:102:", ":998:997:")
        .replace(":102:65534", ":101:65534")
        .replace("messagebus:x:102:", "");
    let second = planned(&other, &GROUP.replace(":102:", ":997:"), &[]).unwrap();
    assert_eq!(first.users[&102], second.users[&101], "sshd");
    assert_eq!(first.users[&101], second.users[&998], "messagebus");
    assert_eq!(
        first.users[&101], first.groups[&102],
        "one name, one number"
    );
    assert!(!first.groups.contains_key(&100), "users is prescribed");
    assert!(first.users.values().all(|id| (FIRST..=LAST).contains(id)));
}

#[test]
fn names_that_point_to_one_place_move_on_in_order() {
    // Found by trying: both point to the same place.
    let place = |name: &str| free_place(name, &BTreeSet::new()).unwrap();
    let wanted = place("a");
    let other = (0..)
        .map(|number| format!("b{number}"))
        .find(|name| place(name) == wanted)
        .unwrap();
    let passwd = format!("{other}:x:100:0::/:\na:x:101:0::/:\n");
    let numbers = planned(&passwd, "", &[]).unwrap();
    assert_eq!(numbers.users[&101], wanted);
    assert_eq!(numbers.users[&100], FIRST + (wanted - FIRST + 1) % 900);
}

#[test]
fn a_chosen_number_wins_and_must_be_free() {
    let numbers = planned(PASSWD, GROUP, &[("sshd", 150), ("_ssh", 1500)]).unwrap();
    assert_eq!(numbers.users[&102], 150);
    assert_eq!(numbers.groups[&103], 1500);
    let error = planned(PASSWD, GROUP, &[("sshd", 0)]).unwrap_err();
    assert!(error.to_string().starts_with("[ids] sshd = 0: "), "{error}");
    assert!(planned(PASSWD, GROUP, &[("sshd", 150), ("_apt", 150)]).is_err());
}

#[test]
fn a_full_range_is_an_error() {
    let passwd: String = (0..901)
        .map(|id| format!("u{id}:x:{}:0::/:\n", 100 + id % 900))
        .collect();
    let error = planned(&passwd, "", &[]).unwrap_err();
    assert!(error.to_string().contains("no number between 100 and 999"));
}

#[test]
fn fragments_with_a_number_are_kept() {
    let text = "# comment\nu systemd-network 998\ng input 104\nu _chrony - \"x\"\nu a -:b\nm a b\nu c 71:72\n";
    assert_eq!(fragment(text), ["systemd-network", "input", "c"]);
}

#[test]
fn access_control_lists_follow() {
    let numbers = Numbers {
        users: BTreeMap::from([(101, 500)]),
        groups: BTreeMap::from([(102, 600)]),
    };
    let entry = |tag: u16, id: u32| {
        let mut bytes = tag.to_le_bytes().to_vec();
        bytes.extend([5, 0]);
        bytes.extend(id.to_le_bytes());
        bytes
    };
    let list = |ids: [u32; 3]| {
        let mut bytes = vec![2, 0, 0, 0];
        bytes.extend(entry(1, u32::MAX));
        for (tag, id) in [2, 8, 2].into_iter().zip(ids) {
            bytes.extend(entry(tag, id));
        }
        bytes
    };
    let changed = owners::renumbered(&list([101, 102, 7]), &numbers);
    assert_eq!(changed, list([500, 600, 7]));
    assert_eq!(owners::renumbered(&[2, 0], &numbers), [2, 0]);
}

fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, Tree) {
    let directory = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let tree = Tree::open(directory.path()).unwrap();
    (directory, tree)
}

fn text(directory: &Path, path: &str) -> String {
    std::fs::read_to_string(directory.join(path)).unwrap()
}

#[test]
fn the_lists_are_sorted_and_agree() {
    // Owners need root; the lists do not, as long as nothing in the tree is owned by these.
    let (directory, tree) = tree(&[
        ("etc/passwd", PASSWD),
        ("etc/group", GROUP),
        (
            "etc/shadow",
            "sshd:!:20000::::::\nroot:*:20000:0:99999:7:::\n_apt:!:20000::::::\n",
        ),
        ("etc/gshadow", "_ssh:!::sshd,_apt\nroot:*::\n"),
        ("usr/share/base-passwd/group.master", "users:*:100:\n"),
    ]);
    apply(
        &tree,
        &BTreeMap::from([("sshd".to_owned(), 100), ("_apt".to_owned(), 105)]),
        None,
    )
    .unwrap_err();
    apply(
        &tree,
        &BTreeMap::from([("sshd".to_owned(), 104), ("_apt".to_owned(), 105)]),
        None,
    )
    .unwrap();
    let passwd = text(directory.path(), "etc/passwd");
    let names: Vec<&str> = passwd
        .lines()
        .map(|line| line.split(':').next().unwrap())
        .collect();
    assert_eq!(names, ["root", "sshd", "_apt", "messagebus"]);
    let group = text(directory.path(), "etc/group");
    assert!(group.contains(":_apt,sshd\n"), "{group}");
    let shadow = text(directory.path(), "etc/shadow");
    assert!(
        shadow.starts_with("root:") && shadow.ends_with("_apt:!:20000::::::\n"),
        "{shadow}"
    );
    assert_eq!(
        text(directory.path(), "etc/gshadow"),
        "root:*::\n_ssh:!::_apt,sshd\n"
    );
    let before = passwd.clone();
    apply(
        &tree,
        &BTreeMap::from([("sshd".to_owned(), 104), ("_apt".to_owned(), 105)]),
        None,
    )
    .unwrap();
    assert_eq!(
        text(directory.path(), "etc/passwd"),
        before,
        "done twice changes nothing"
    );
}
