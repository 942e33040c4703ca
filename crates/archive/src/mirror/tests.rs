use super::*;

const DEBIAN_SOURCES: &str = "\
# the machine's own
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
# a comment inside
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security/
Suites: bookworm-security
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abcd
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
URIs: http://off.example/debian
Suites: trixie
Components: main
Enabled: no
";

fn machine(files: &[(&str, &str)]) -> AptSources {
    let root = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = root.path().join("etc/apt").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    AptSources::read(root.path())
}

fn found(machine: &AptSources, suite: &str) -> Option<String> {
    machine.find(suite).map(|mirror| mirror.url.to_string())
}

#[test]
fn deb822_sources() {
    let machine = machine(&[("sources.list.d/debian.sources", DEBIAN_SOURCES)]);
    assert_eq!(machine.notes, Vec::<String>::new());
    assert_eq!(machine.files, ["/etc/apt/sources.list.d/debian.sources"]);
    assert_eq!(machine.sources.len(), 2);
    let main = "http://mirror.example/debian";
    for suite in [
        "bookworm",
        "bookworm-updates",
        "trixie",
        "sid",
        "bookworm-backports",
    ] {
        assert_eq!(found(&machine, suite).as_deref(), Some(main), "{suite}");
    }
    let security = "http://mirror.example/debian-security/";
    for suite in ["bookworm-security", "bullseye-security", "buster/updates"] {
        assert_eq!(found(&machine, suite).as_deref(), Some(security), "{suite}");
    }
    let keyrings = machine.find("bookworm").unwrap().signed_by;
    assert!(matches!(&keyrings[..], [KeyringSource::File(path)]
        if path.ends_with("usr/share/keyrings/debian-archive-keyring.gpg")));
    let embedded = machine.find("bookworm-security").unwrap().signed_by;
    assert!(matches!(&embedded[..], [KeyringSource::Embedded(text)] if text.contains("abcd")));
}

#[test]
fn one_line_sources() {
    let list = "\
# deb http://commented.example/debian bookworm main
deb [arch=amd64 signed-by=/etc/apt/keyrings/a.asc,/etc/apt/keyrings/b.gpg] https://mirror.example/debian bookworm main # yes
deb-src http://mirror.example/debian bookworm main
deb cdrom:[Debian 12]/ bookworm main
deb http://security.example/ bookworm-security main
nonsense
";
    let machine = machine(&[
        ("sources.list", list),
        (
            "sources.list.d/old.list.save",
            "deb http://saved.example/debian sid main",
        ),
    ]);
    assert_eq!(
        found(&machine, "bookworm").as_deref(),
        Some("https://mirror.example/debian")
    );
    assert_eq!(machine.find("bookworm").unwrap().signed_by.len(), 2);
    assert_eq!(
        found(&machine, "sid").as_deref(),
        Some("https://mirror.example/debian")
    );
    assert_eq!(
        found(&machine, "trixie-security").as_deref(),
        Some("http://security.example/")
    );
    assert_eq!(machine.notes.len(), 2, "{:?}", machine.notes);
    assert!(
        machine.notes[1].starts_with("/etc/apt/sources.list:6:"),
        "{:?}",
        machine.notes
    );
}

#[test]
fn sources_of_others_are_not_taken_for_debian() {
    let others = "\
deb https://docker.example/linux/debian bookworm stable
deb https://grafana.example/oss/deb stable main
";
    let alone = machine(&[("sources.list", others)]);
    assert_eq!(found(&alone, "bookworm"), None);
    assert_eq!(found(&alone, "trixie"), None);
    let debian = "deb http://mirror.example/debian bookworm main";
    let both = machine(&[("sources.list", others), ("sources.list.d/z.list", debian)]);
    for suite in ["bookworm", "stable", "trixie"] {
        assert_eq!(
            found(&both, suite).as_deref(),
            Some("http://mirror.example/debian"),
            "{suite}"
        );
    }
    let own = machine(&[(
        "sources.list",
        "deb http://own.example/ubtest bookworm main",
    )]);
    assert_eq!(
        found(&own, "bookworm").as_deref(),
        Some("http://own.example/ubtest")
    );
    assert_eq!(found(&own, "trixie"), None);
}

#[test]
fn the_security_archive_may_have_to_be_guessed() {
    let machine = machine(&[(
        "sources.list",
        "deb http://mirror.example/debian/ bookworm main",
    )]);
    let security = found(&machine, "bookworm-security");
    assert_eq!(
        security.as_deref(),
        Some("http://mirror.example/debian-security/")
    );
}

#[test]
fn mirror_lists_are_followed() {
    let root = tempfile::tempdir().unwrap();
    let apt = root.path().join("etc/apt");
    std::fs::create_dir_all(apt.join("mirrors")).unwrap();
    let list = "# best first\nhttp://second.example/debian priority:2\nhttp://last.example/debian\nhttp://first.example/debian\tpriority:1 type:index\n";
    std::fs::write(apt.join("mirrors/debian.list"), list).unwrap();
    std::fs::write(
        apt.join("sources.list"),
        "deb mirror+file:/etc/apt/mirrors/debian.list bookworm main\n",
    )
    .unwrap();
    let machine = AptSources::read(root.path());
    assert_eq!(
        found(&machine, "bookworm").as_deref(),
        Some("http://first.example/debian")
    );
    assert_eq!(machine.sources[0].urls.len(), 3);
}

#[test]
fn a_given_mirror_wins_and_none_is_an_error_that_teaches() {
    let empty = tempfile::tempdir().unwrap();
    let given = |text: &str, suite: &str| {
        let url = Url::parse(text).unwrap();
        mirror_for(suite, Some(&url), empty.path())
            .unwrap()
            .url
            .to_string()
    };
    assert_eq!(
        given("http://m.example/debian", "sid"),
        "http://m.example/debian"
    );
    assert_eq!(
        given("http://m.example/debian", "sid-security"),
        "http://m.example/debian-security"
    );
    assert_eq!(
        given("http://m.example/debian/", "buster/updates"),
        "http://m.example/debian-security/"
    );
    assert_eq!(
        given("http://m.example/own", "x-security"),
        "http://m.example/own-security"
    );
    let error = mirror_for("bookworm", None, empty.path())
        .unwrap_err()
        .to_string();
    for word in ["bookworm", "--mirror", "FORMWORK_MIRROR", "formwork.toml"] {
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn secrets_in_sources_are_not_shown() {
    let machine = machine(&[(
        "sources.list",
        "deb https://me:geheim@mirror.example/debian bookworm main\ndeb ftp://me:geheim@x.example/debian sid main\n",
    )]);
    let shown = format!("{machine:?}");
    assert!(!shown.contains("geheim"), "{shown}");
    assert_eq!(
        machine.find("bookworm").unwrap().url.credentials(),
        Some(("me", "geheim"))
    );
}
