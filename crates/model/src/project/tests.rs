//! Every complaint about a project as a table, and what is meant when there is none.

use proptest::prelude::*;

use super::*;

/// A project of which nothing is wrong.
const GOOD: &str = r#"
[project]
name = "gateway"
suites = ["bookworm"]
architectures = ["amd64", "arm64"]

[repositories.debian]
suites = ["bookworm", "bookworm-updates"]
components = ["main", "non-free-firmware"]

[repositories.security]
suite = "bookworm-security"

[sets.remote]
packages = ["openssh-server", "mc [amd64]"]
"#;

fn read(project: &str, image: &str) -> Result<Project, FileError> {
    let source = Source::new("formwork.toml", project);
    Project::read(
        source,
        &[("gateway", Source::new("images/gateway.toml", image))],
    )
}

fn said(error: &FileError) -> String {
    error.to_string()
}

#[test]
fn a_good_project_is_what_it_says() {
    let image = "packages = [\"@remote\", \"nftables\"]\nrecommends = true\nvariant = \"standard\"";
    let project = read(GOOD, image).expect("good");
    assert_eq!(project.name, "gateway");
    let names: Vec<&str> = project
        .repositories
        .iter()
        .map(|found| found.name.as_str())
        .collect();
    assert_eq!(names, ["debian", "security"]);
    let security = project.repository("security").expect("security");
    assert_eq!(security.place, Place::Mirror(DebianArchive::Security));
    assert_eq!(security.keyrings, ["debian-archive"]);
    assert_eq!(security.components, ["main"]);
    let plans = project.plans();
    let first = &plans[0];
    assert_eq!((first.variant, first.recommends), (Variant::Standard, true));
    assert_eq!(plans.len(), 2);
    let wishes = |plan: &Plan| -> Vec<String> {
        plan.wishes
            .iter()
            .map(|planned| planned.wish.to_string())
            .collect()
    };
    assert_eq!(plans[0].title(), "gateway bookworm amd64");
    assert_eq!(wishes(&plans[0]), ["openssh-server", "mc", "nftables"]);
    assert_eq!(
        wishes(&plans[1]),
        ["openssh-server", "nftables"],
        "mc is for amd64 only"
    );
    let parts: Vec<_> = plans[0]
        .repositories
        .iter()
        .map(|part| {
            (
                part.name.as_str(),
                part.suite.as_deref().unwrap_or("-"),
                part.priority,
            )
        })
        .collect();
    let expected = [
        ("debian", "bookworm", 500),
        ("debian", "bookworm-updates", 500),
        ("security", "bookworm-security", 500),
    ];
    assert_eq!(parts, expected);
    assert_eq!(plans[0].wishes[0].spot.to_string(), "formwork.toml:15:13");
    assert_eq!(
        plans[0].wishes[2].spot.to_string(),
        "images/gateway.toml:1:24"
    );
}

#[test]
fn backports_and_third_parties_stand_back_unless_the_project_says_otherwise() {
    let more = r#"
[repositories.backports]
suite = "bookworm-backports"
[repositories.experimental]
suite = "experimental"
serves = ["bookworm"]
[repositories.vendor]
url = "https://packages.example/apt"
suite = "stable"
serves = ["bookworm"]
keyrings = ["keys/vendor.asc"]
[repositories.vendor-first]
url = "https://packages.example/apt"
suite = "stable"
serves = ["bookworm"]
keyrings = ["keys/vendor.asc"]
priority = 600
[repositories.copy]
url = "file:/srv/debian"
archive = "debian"
suite = "bookworm"
[repositories.own]
path = "packages"
"#;
    let project = read(&format!("{GOOD}{more}"), "packages = [\"libc6:i386\"]").expect("good");
    let plan = &project.plans()[0];
    let mut parts: Vec<_> = plan
        .repositories
        .iter()
        .map(|part| (part.name.as_str(), part.priority))
        .collect();
    parts.dedup();
    let expected = [
        ("backports", 100),
        ("copy", 500),
        ("debian", 500),
        ("experimental", 1),
        ("own", 500),
        ("security", 500),
        ("vendor", 100),
        ("vendor-first", 600),
    ];
    assert_eq!(parts, expected);
    assert_eq!(plan.foreign, ["i386"]);
    assert_eq!(
        project.repository("copy").map(|found| found.keyrings.len()),
        Some(1)
    );
}

#[test]
fn two_suites_do_not_mix() {
    let both = GOOD.replace(
        "suites = [\"bookworm\"]\n",
        "suites = [\"bookworm\", \"trixie\"]\n",
    ) + "[repositories.next]\nsuites = [\"trixie\", \"trixie-updates\"]\n";
    let project = read(&both, "").expect("good");
    for plan in project.plans() {
        for part in plan.repositories {
            let suite = part.suite.expect("no directory here");
            assert_eq!(base_suite(&suite), plan.suite);
        }
    }
}

#[test]
fn the_digest_of_a_plan_moves_with_what_decides_and_with_nothing_else() {
    let digest = |project: &str, image: &str| {
        let project = read(project, image).expect("good");
        project.plans()[0].digest(&project)
    };
    let image = "packages = [\"a0\", \"b0\"]";
    let base = digest(GOOD, image);
    let own_mirror = GOOD.replace(
        "suites = [\"bookworm\"]\n",
        "suites = [\"bookworm\"]\nmirror = \"http://mirror.example\"\n",
    );
    let same = [
        digest(GOOD, "# another order\npackages = [\"b0\", \"a0\"]"),
        digest(&own_mirror, image),
        digest(
            &GOOD.replace("name = \"gateway\"", "name = \"other\""),
            image,
        ),
    ];
    assert!(same.iter().all(|other| *other == base));
    let other = [
        digest(GOOD, "packages = [\"a0\"]"),
        digest(GOOD, "packages = [\"a0\", \"b0=1\"]"),
        digest(GOOD, &format!("{image}\nrecommends = true")),
        digest(GOOD, &format!("{image}\nvariant = \"essential\"")),
        digest(GOOD, &format!("{image}\narchitectures = [\"arm64\"]")),
        digest(&GOOD.replace("\"main\", ", ""), image),
        digest(&GOOD.replace(", \"bookworm-updates\"", ""), image),
        digest(
            &GOOD.replace(
                "suite = \"bookworm-security\"",
                "suite = \"bookworm-security\"\nat = \"20260901T000000Z\"",
            ),
            image,
        ),
        digest(
            &GOOD.replace(
                "suite = \"bookworm-security\"",
                "suite = \"bookworm-security\"\npriority = 900",
            ),
            image,
        ),
    ];
    for (number, digest) in other.iter().enumerate() {
        assert_ne!(*digest, base, "case {number}");
    }
}

#[test]
fn every_fault_of_an_image_has_its_place_and_a_way_out() {
    let table = [
        (
            "pakages = []",
            "1:1: unknown key `pakages` (did you mean `packages`?)",
        ),
        (
            "packages = []\ncolour = 1",
            "2:1: unknown key `colour` (an image has the keys packages, variant, recommends, suites, architectures, description, extends, abstract, options, with, combinations, forms, boot, disk, partitions, blobs, system, users, groups, ids, files, directories, links, services, kernel, sysctl, network, dropins, scripts, clean, strip)",
        ),
        (
            "packages = \"a\"",
            "1:12: `packages` must be a list of strings, not a string (packages = [\"…\"])",
        ),
        (
            "packages = [1]",
            "1:13: `packages` must be a string, not a whole number",
        ),
        (
            "recommends = \"yes\"",
            "1:14: `recommends` must be true or false, not a string",
        ),
        (
            "packages = [\"a b\"]",
            "1:13: `a b` is not a package name (a package is written NAME, NAME=VERSION, NAME/SUITE or NAME [amd64 arm64])",
        ),
        (
            "packages = [\"@remot\"]",
            "1:13: unknown set `@remot` (did you mean `@remote`?)",
        ),
        (
            "packages = [\"@other\"]",
            "1:13: unknown set `@other` (write [sets.other] into formwork.toml)",
        ),
        (
            "variant = \"minibase\"",
            "1:11: unknown variant `minibase` (did you mean `minbase`?)",
        ),
        (
            "variant = \"buildd\"",
            "1:11: unknown variant `buildd` (one of essential, minbase, standard)",
        ),
        (
            "architectures = [\"AMD64\"]",
            "1:18: `AMD64` cannot be a name of an architecture (small letters, digits and `-`, as in amd64 or kfreebsd-amd64)",
        ),
        (
            "architectures = [\"amd64\", \"amd64\"]",
            "1:27: `amd64` stands here twice",
        ),
        (
            "architectures = []",
            "1:1: neither the image nor [project] has `architectures` (architectures = [\"amd64\"])",
        ),
        (
            "suites = [\"bokworm\"]",
            "1:11: no repository of the project serves the suite `bokworm` (did you mean `bookworm`?)",
        ),
        (
            "suites = [\"trixie\"]",
            "1:11: no repository of the project serves the suite `trixie` (add a repository with suite = \"trixie\")",
        ),
    ];
    for (image, expected) in table {
        let error = read(GOOD, image).expect_err(image);
        assert_eq!(said(&error), format!("images/gateway.toml:{expected}"));
    }
    let error = read(GOOD, "packages = [").expect_err("cut off");
    assert!(
        said(&error).starts_with("images/gateway.toml:1:13: this is not TOML: "),
        "{error}"
    );
    let bad_name = Project::read(
        Source::new("formwork.toml", GOOD),
        &[("../x", Source::new("images/x.toml", ""))],
    );
    assert!(bad_name.is_err());
}

/// Puts lines into the table of the repository `debian` (line 8 is then the first of them).
fn with(lines: &str) -> String {
    GOOD.replace(
        "[repositories.debian]\n",
        &format!("[repositories.debian]\n{lines}\n"),
    )
}

#[test]
fn every_fault_of_a_repository_has_its_place_and_a_way_out() {
    let table = [
        (
            "componets = []",
            "8:1: unknown key `componets` (did you mean `components`?)",
        ),
        (
            "at = \"2026-09-01\"",
            "8:6: `2026-09-01` is not an instant (write it as in 20260901T000000Z)",
        ),
        ("at = 2026-09-01", "8:6: `at` must be a string, not a date"),
        (
            "archive = \"ubuntu\"",
            "8:11: `ubuntu` is none of Debian's archives (write debian or debian-security, or a `url`)",
        ),
        (
            "url = \"ftp://x\"",
            "8:7: `ftp://x` is not a URL of a repository (it begins with http://, https:// or file:)",
        ),
        (
            "url = \"https://mirror.example/debian\"",
            "7:15: the repository `debian` needs `keyrings` (keyrings = [\"keys/vendor.asc\"], or archive = \"debian\" if it is a mirror of Debian)",
        ),
        (
            "priority = 0",
            "8:12: 0 is not a priority (a number from 1 to 32767; the usual one is 500)",
        ),
        (
            "priority = 99999999999999999999",
            "8:12: `priority` is too large a number",
        ),
        (
            "priority = \"high\"",
            "8:12: `priority` must be a whole number, not a string",
        ),
        (
            "suite = \"bookworm\"",
            "8:9: a repository has either `suite` or `suites`, not both",
        ),
        (
            "snapshot = \"http://mirror.example/archive\"",
            "8:12: the template of a snapshot must hold {at} ({at} becomes the instant, {archive} the archive's name, {base} the URL without it)",
        ),
        (
            "allow_expired = true",
            "8:17: `allow_expired` must be a table, not true or false",
        ),
        (
            "allow_expired = { until = \"2026-12-31\" }",
            "8:17: allow_expired needs the key `reason` ({ until = \"2026-12-31\", reason = \"…\" })",
        ),
        (
            "allow_expired = { untill = \"2026-12-31\", reason = \"x\" }",
            "8:19: unknown key `untill` (did you mean `until`?)",
        ),
        (
            "allow_expired = { until = \"31.12.2026\", reason = \"x\" }",
            "8:27: `31.12.2026` is not a date (write it as in 2026-12-31)",
        ),
        (
            "allow_expired = { until = \"2026-12-31\", reason = \" \" }",
            "8:50: an expired Release needs a reason",
        ),
        (
            "path = \"packages\"",
            "8:8: `debian` is a plain directory and has no `suites` (leave out one of the two keys)",
        ),
        ("keyrings = [\"\"]", "8:13: the name of a keyring is empty"),
    ];
    for (lines, expected) in table {
        let error = read(&with(lines), "").expect_err(lines);
        assert_eq!(said(&error), format!("formwork.toml:{expected}"));
    }
}

#[test]
fn every_fault_of_the_project_has_its_place_and_a_way_out() {
    let change = |from: &str, to: &str| {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "{from} is not in the text");
        said(&read(&text, "").expect_err(to))
    };
    let table = [
        (
            "name = \"gateway\"\n",
            "",
            "1:1: the project has no name (write [project] and below it name = \"…\")",
        ),
        (
            "\"gateway\"",
            "\"My Gateway\"",
            "3:8: `My Gateway` cannot be a name of a project (small letters, digits, `-`, `_` and `.`, beginning with a letter or digit)",
        ),
        (
            "[project]",
            "[projekt]",
            "2:2: unknown key `projekt` (did you mean `project`?)",
        ),
        (
            "suites = [\"bookworm\"]",
            "suits = [\"bookworm\"]",
            "4:1: unknown key `suits` (did you mean `suites`?)",
        ),
        (
            "\"bookworm-updates\"]",
            "\"bookworm-security\"]",
            "8:23: `bookworm-security` is in the archive debian-security, the other suites are in debian (give it a repository of its own, as in [repositories.security])",
        ),
        (
            "suite = \"bookworm-security\"",
            "",
            "11:15: the repository `security` needs a suite (suite = \"bookworm\")",
        ),
        (
            "suite = \"bookworm-security\"",
            "suite = \"../x\"",
            "12:9: `../x` cannot be a name of a suite (letters, digits, `-`, `_`, `+`, `.`, `~` and `/` between two of them)",
        ),
        (
            "\"openssh-server\", ",
            "\"@remote\", ",
            "15:13: the set `@remote` contains itself (@remote → @remote)",
        ),
        (
            "packages = [\"openssh-server\", \"mc [amd64]\"]",
            "",
            "14:1: a set needs the key `packages`",
        ),
        (
            "[repositories.security]",
            "[repositories.Security]",
            "11:15: `Security` cannot be a name of a repository",
        ),
        (
            "suite = \"bookworm-security\"",
            "suite = \"nodistro\"\nurl = \"https://packages.example\"\nkeyrings = [\"vendor.gpg\"]",
            "11:15: nobody can tell which images the suite `nodistro` of `security` is for (add serves = [\"bookworm\"])",
        ),
    ];
    for (from, to, expected) in table {
        let message = change(from, to);
        assert!(
            message.starts_with(&format!("formwork.toml:{expected}")),
            "{message}\n{expected}"
        );
    }
    let empty = read("[project]\nname = \"x\"", "").expect_err("no repository");
    assert!(
        said(&empty).contains("the project has no repository"),
        "{empty}"
    );
}

#[test]
fn a_secret_in_a_url_is_refused_and_not_repeated() {
    let text = with("url = \"https://user:hunter2@mirror.example/debian\"");
    let error = read(&text, "").expect_err("a secret");
    assert!(
        error
            .hint
            .as_deref()
            .is_some_and(|hint| hint.contains("auth.conf"))
    );
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[test]
fn an_expiry_is_a_day() {
    let text = with("allow_expired = { until = \"2026-12-31\", reason = \"frozen\" }");
    let project = read(&text, "").expect("good");
    let leave = project
        .repository("debian")
        .and_then(|found| found.allow_expired.as_ref());
    assert_eq!(
        leave.map(|leave| leave.until.to_string()).as_deref(),
        Some("2026-12-31T00:00:00Z")
    );
}

#[test]
fn what_init_writes_is_a_good_project() {
    let suites = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    for (list, repositories) in [
        (suites(&["trixie"]), 2),
        (suites(&["bookworm", "trixie"]), 4),
        (suites(&["sid"]), 1),
    ] {
        let text = project_template("my-gateway", &list, &suites(&["amd64"]));
        let image = image_template(None);
        let read = Project::read(
            Source::new("formwork.toml", &text),
            &[(IMAGE_NAME, Source::new("images/minimal.toml", &image))],
        );
        let project = read.unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(project.repositories.len(), repositories);
        assert_eq!(project.plans().len(), list.len());
        assert!(project.plans().iter().all(|plan| plan.wishes.len() == 2));
    }
}

#[test]
fn an_edit_keeps_comments_order_and_style() {
    let table = [
        ("", "a0", "packages = [\"a0\"]\n"),
        ("packages = []\n", "a0", "packages = [\"a0\"]\n"),
        (
            "packages = [\"b0\"] # why\n",
            "a0",
            "packages = [\"b0\", \"a0\"] # why\n",
        ),
        (
            "packages = [\"b0\", \"d0\"]\n",
            "a0",
            "packages = [\"a0\", \"b0\", \"d0\"]\n",
        ),
        (
            "packages = [\"b0\", \"d0\"]\n",
            "c0",
            "packages = [\"b0\", \"c0\", \"d0\"]\n",
        ),
        (
            "# head\npackages = [\n    # shell\n    \"b0\", # b\n    \"d0\",\n]\nvariant = \"minbase\"\n",
            "c0 [amd64]",
            "# head\npackages = [\n    # shell\n    \"b0\", # b\n    \"c0 [amd64]\",\n    \"d0\",\n]\nvariant = \"minbase\"\n",
        ),
        (
            "packages = [\n  \"d0\",\n  \"b0\", # last\n]\n",
            "@remote",
            "packages = [\n  \"d0\",\n  \"b0\", # last\n  \"@remote\",\n]\n",
        ),
        (
            "packages = [\n  \"d0\",\n  \"b0\" # no comma\n]\n",
            "a0",
            "packages = [\n  \"d0\",\n  \"b0\", # no comma\n  \"a0\",\n]\n",
        ),
    ];
    for (text, entry, expected) in table {
        let edited = add_package(text, entry).expect(text).expect("a change");
        assert_eq!(edited, expected, "{text}");
    }
    assert_eq!(add_package("packages = [\"a0\"]", "a0"), Ok(None));
    assert_eq!(add_package("packages = 1", "a0"), Err(EditError::NoList));
    assert!(matches!(
        add_package("packages = [", "a0"),
        Err(EditError::Syntax(_))
    ));
    assert!(matches!(add_package("", "a b"), Err(EditError::Wish(_))));
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(
        at in 0_usize..400,
        length in 0_usize..30,
        junk in "\\PC{0,12}",
    ) {
        let mut text = GOOD.to_owned();
        let (start, end) = (at.min(text.len()), (at + length).min(text.len()));
        text.replace_range(start..end, &junk);
        for (project, image) in [(text.as_str(), "packages = [\"mc\"]"), (GOOD, junk.as_str())] {
            if let Err(error) = read(project, image) {
                let shown = error.spot.text.chars().count() as u64;
                prop_assert!(error.spot.line >= 1 && error.spot.column >= 1);
                prop_assert!(error.spot.column <= shown + 1, "{:?}", error);
            }
        }
    }
}
