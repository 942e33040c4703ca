//! What bases and options make of an image, and every complaint about them.

use super::*;

/// A project with two suites, two architectures and one set.
const PROJECT: &str = r#"
[project]
name = "gateway"
suites = ["bookworm", "trixie"]
architectures = ["amd64"]
[repositories.debian]
suite = "bookworm"
[repositories.next]
suite = "trixie"
[sets.remote]
packages = ["openssh-server", "mosh"]
"#;

/// Reads the project with images, each `(name, text)`.
fn read(images: &[(&str, &str)]) -> Result<Project, FileError> {
    let files: Vec<String> = images
        .iter()
        .map(|(name, _)| format!("images/{name}.toml"))
        .collect();
    let sources: Vec<(&str, Source<'_>)> = images
        .iter()
        .zip(&files)
        .map(|((name, text), file)| (*name, Source::new(file, text)))
        .collect();
    Project::read(Source::new("formwork.toml", PROJECT), &sources)
}

/// The wishes of an image with options.
fn wishes(project: &Project, image: &str, with: &[&str]) -> Vec<String> {
    let with: Vec<String> = with.iter().map(|name| (*name).to_owned()).collect();
    let build = project.compose(image, &with, "bookworm", "amd64");
    let build = build.expect("composes");
    build
        .entries
        .iter()
        .map(|entry| entry.wish.to_string())
        .collect()
}

/// What may be built for bookworm, as `gateway+debug`.
fn builds(project: &Project) -> Vec<String> {
    let builds = project.builds();
    let here = builds.iter().filter(|build| build.suite == "bookworm");
    here.map(Composition::name).collect()
}

#[test]
fn lists_continue_tables_merge_and_other_values_are_replaced() {
    let project = read(&[
        (
            "base",
            "abstract = true\nvariant = \"essential\"\nrecommends = true\n\
             packages = [\"a0\", \"b0\", \"@remote\", \"mosh\"]\n\
             [sysctl]\nkernel.panic = 5\n\"vm.swappiness\" = 1\n[services]\nenable = [\"x\", \"y\"]",
        ),
        (
            "gateway",
            "extends = \"base\"\nrecommends = false\npackages = [\"c0\", \"b0\", \"-a0\", \"-@remote\"]\n\
             [sysctl]\nkernel.panic = 10\nvm.swappiness = false\n[services]\nenable = [\"-x\", \"z\"]\n\
             [options.debug]\npackages = [\"strace\", \"-c0\"]\nvariant = \"minbase\"\n\
             [options.debug.sysctl]\n\"kernel.sysrq\" = 1",
        ),
    ])
    .expect("good");
    assert_eq!(wishes(&project, "gateway", &[]), ["b0", "mosh", "c0"]);
    assert_eq!(
        wishes(&project, "gateway", &["debug"]),
        ["b0", "mosh", "strace"]
    );
    assert_eq!(
        builds(&project),
        ["gateway", "gateway+debug"],
        "base is abstract"
    );
    let debug = project.compose("gateway", &["debug".into()], "bookworm", "amd64");
    let debug = debug.expect("composes");
    assert_eq!((debug.variant, debug.recommends), (Variant::Minbase, false));
    let shown = |key: &str| {
        format!(
            "{:?}",
            debug.values[key].node.table().map(|table| {
                table
                    .iter()
                    .map(|(name, entry)| (name.clone(), entry.node.spot.to_string()))
                    .collect::<Vec<_>>()
            })
        )
    };
    assert_eq!(
        shown("sysctl"),
        "Some([(\"kernel.panic\", \"images/gateway.toml:5:16\"), (\"kernel.sysrq\", \"images/gateway.toml:13:18\")])"
    );
    let enabled: Vec<&str> = debug.values["services"].node.table().expect("a table")["enable"]
        .node
        .items()
        .iter()
        .filter_map(node::Node::text)
        .collect();
    assert_eq!(enabled, ["y", "z"]);
}

#[test]
fn an_image_extends_several_and_each_file_counts_once() {
    let project = read(&[
        ("root", "abstract = true\npackages = [\"r0\"]"),
        (
            "left",
            "abstract = true\nextends = \"root\"\npackages = [\"l0\", \"-r0\"]",
        ),
        (
            "right",
            "abstract = true\nextends = \"root\"\npackages = [\"x0\"]",
        ),
        (
            "gateway",
            "extends = [\"left\", \"right\"]\npackages = [\"g0\"]",
        ),
        (
            "minimal",
            "extends = \"minimal\"\npackages = [\"-iproute2\"]",
        ),
    ])
    .expect("good");
    assert_eq!(wishes(&project, "gateway", &[]), ["l0", "x0", "g0"]);
    let minimal = wishes(&project, "minimal", &[]);
    assert!(minimal.contains(&"systemd-sysv".to_owned()), "{minimal:?}");
    assert!(!minimal.contains(&"iproute2".to_owned()), "{minimal:?}");
}

#[test]
fn the_lock_has_a_closure_for_each_choice_that_decides_about_packages() {
    let project = read(&[(
        "gateway",
        "packages = [\"a0\"]\nwith = [\"wifi\"]\ncombinations = [[\"brand\", \"debug\"], [\"lab\", \"debug\"]]\n\
         [options.wifi]\npackages = [\"iwd\"]\n\
         [options.brand]\nsystem.hostname = \"x\"\n\
         [options.debug]\npackages = [\"gdb\"]\n\
         [options.lab]\npackages = [\"iperf3\"]\nrequires = [\"debug\"]\nsuites = [\"bookworm\"]\n\
         [options.wired]\nexcludes = [\"wifi\"]",
    )])
    .expect("good");
    assert_eq!(
        builds(&project),
        [
            "gateway",
            "gateway+brand",
            "gateway+debug",
            "gateway+lab",
            "gateway+wired",
            "gateway+brand+debug"
        ],
        "lab brings debug, so that the second combination is no new one"
    );
    let plans: Vec<String> = project.plans().iter().map(Plan::title).collect();
    let expected = [
        "gateway bookworm amd64",
        "gateway+debug bookworm amd64",
        "gateway+lab bookworm amd64",
        "gateway+wired bookworm amd64",
        "gateway trixie amd64",
        "gateway+debug trixie amd64",
        "gateway+wired trixie amd64",
    ];
    assert_eq!(plans, expected);
    let branded = project.compose(
        "gateway",
        &["brand".into(), "debug".into()],
        "trixie",
        "amd64",
    );
    let branded = branded.expect("composes");
    assert_eq!(branded.name(), "gateway+brand+debug");
    assert_eq!(project.plan(&branded).name(), "gateway+debug");
    assert_eq!(
        wishes(&project, "gateway", &["lab"]),
        ["a0", "gdb", "iperf3", "iwd"]
    );
    assert_eq!(wishes(&project, "gateway", &["wired"]), ["a0"]);
}

#[test]
fn a_choice_that_cannot_be_is_refused_with_a_way_out() {
    let project = read(&[(
        "gateway",
        "[options.debug]\n[options.lab]\nrequires = [\"deep\"]\n[options.deep]\nsuites = [\"trixie\"]\n\
         [options.slim]\nexcludes = [\"debug\"]",
    ),
    ("base", "abstract = true")])
    .expect("good");
    let table: [(&str, &[&str], &str, &str); 7] = [
        (
            "gatewy",
            &[],
            "bookworm",
            "the project has no image `gatewy`; did you mean `gateway`?",
        ),
        (
            "gateway",
            &[],
            "sid",
            "the image `gateway` is not made for sid; it is made for bookworm, trixie",
        ),
        (
            "gateway",
            &["debg"],
            "bookworm",
            "the image `gateway` has no option `debg`; did you mean `debug`?",
        ),
        (
            "gateway",
            &["colour"],
            "bookworm",
            "the image `gateway` has no option `colour`; there is debug, deep, lab, slim",
        ),
        (
            "gateway",
            &["deep"],
            "bookworm",
            "the option `deep` is off for bookworm: images/gateway.toml:4:10 limits it to trixie; ",
        ),
        (
            "gateway",
            &["lab"],
            "bookworm",
            "the option `lab` is off for bookworm: images/gateway.toml:4:10 limits it to trixie; ",
        ),
        (
            "gateway",
            &["debug", "slim"],
            "trixie",
            "the options `debug` and `slim` exclude each other (images/gateway.toml:7:13); choose one of the two",
        ),
    ];
    for (image, with, suite, expected) in table {
        let with: Vec<String> = with.iter().map(|name| (*name).to_owned()).collect();
        let error = project
            .compose(image, &with, suite, "amd64")
            .expect_err(expected);
        assert_eq!(
            format!("{error}; {}", error.hint().unwrap_or_default()),
            expected
        );
    }
}

#[test]
fn every_fault_of_a_composition_names_the_places() {
    let table = [
        (
            "extends = \"minmal\"",
            "1:11: there is no image or profile `minmal` (did you mean `minimal`?)",
        ),
        (
            "extends = \"gateway\"",
            "1:11: the image `gateway` extends itself",
        ),
        (
            "extends = 1",
            "1:11: `extends` must be a string or a list of strings, not a whole number",
        ),
        (
            "extends = \"other\"",
            "1:11: the image `gateway` extends itself: gateway → other (images/gateway.toml:1:11) → gateway",
        ),
        (
            "with = [\"debug\"]",
            "1:9: the image `gateway` has no option `debug` (declare it: [options.debug])",
        ),
        (
            "[options.Debug]",
            "1:10: `Debug` cannot be a name of an option",
        ),
        (
            "[options.a]\nrequires = [\"b\"]\n[options.b]\nrequires = [\"a\"]",
            "2:13: the option `a` requires itself (take one of the requirements out)",
        ),
        (
            "[options.a]\nrequires = [\"bb\"]",
            "2:13: the image `gateway` has no option `bb` (there is a)",
        ),
        (
            "[options.a]\npackagess = []",
            "2:1: unknown key `packagess` (did you mean `packages`?)",
        ),
        (
            "[options.a]\nextends = \"minimal\"",
            "2:1: unknown key `extends`",
        ),
        (
            "[options.a]\nrequires = [\"b\"]\nexcludes = [\"b\"]\n[options.b]",
            "1:10: the options `a` and `b` exclude each other (images/gateway.toml:3:13) (choose one of the two)",
        ),
        (
            "combinations = [\"a\"]",
            "1:17: `combinations` must be a list of strings, not a string",
        ),
        (
            "combinations = [[\"a\"]]",
            "1:18: the image `gateway` has no option `a` (declare it: [options.a])",
        ),
        (
            "packages = [\"-mc\"]",
            "1:13: no inherited package is `mc`, so it cannot be taken away (nothing is inherited here)",
        ),
        (
            "packages = [\"nano\", \"-nan\"]",
            "1:21: no inherited package is `nan`, so it cannot be taken away (did you mean `-nano`?)",
        ),
        (
            "services.mask = [\"-a\"]",
            "1:18: there is no inherited `a` to take away (nothing is inherited here)",
        ),
        (
            "[users]\nroot = false",
            "2:1: there is no inherited `root` to take away (nothing is inherited here)",
        ),
        (
            "[options.a]\nsuites = [\"bokworm\"]",
            "2:11: no repository of the project serves the suite `bokworm` (did you mean `bookworm`?)",
        ),
        (
            "sysctl.a.b = 1\nsysctl.\"a.b\" = 2",
            "2:8: `a.b` stands here twice",
        ),
        (
            "users.admin = 1",
            "1:15: `admin` must be a table, not a whole number",
        ),
        (
            "combinations = [[\"a\", \"b\"]]\n[options.a]\nsystem.hostname = \"x\"\n[options.b]\nsystem.hostname = \"y\"",
            "5:19: the options `a` and `b` contradict each other in `system.hostname`: images/gateway.toml:3:19 and images/gateway.toml:5:19",
        ),
        (
            "combinations = [[\"a\", \"b\"]]\npackages = [\"mc\"]\n[options.a]\npackages = [\"mc\"]\n[options.b]\npackages = [\"-mc\"]",
            "6:13: the options `a` and `b` contradict each other in `packages`: images/gateway.toml:4:13 and images/gateway.toml:6:13",
        ),
    ];
    for (image, expected) in table {
        let other = ("other", "abstract = true\nextends = \"gateway\"");
        let alone = [("gateway", image)];
        let both = [("gateway", image), other];
        let images: &[_] = if image.contains("other") {
            &both
        } else {
            &alone
        };
        let error = read(images).expect_err(image).to_string();
        let expected = format!("images/gateway.toml:{expected}");
        let expected = if image.contains("other") {
            expected.replace("images/gateway.toml:1:11: ", "images/other.toml:2:11: ")
        } else {
            expected
        };
        assert!(error.starts_with(&expected), "{error}\n{expected}");
    }
}

#[test]
fn of_two_options_the_one_that_brings_the_other_has_the_last_word() {
    let project = read(&[(
        "gateway",
        "[options.a]\nrequires = [\"b\"]\nvariant = \"essential\"\n[options.b]\nvariant = \"standard\"",
    )])
    .expect("good");
    let build = project.compose("gateway", &["a".into()], "bookworm", "amd64");
    let build = build.expect("composes");
    assert_eq!(build.variant, Variant::Essential);
    assert_eq!(build.on, ["b", "a"]);
    assert_eq!(build.name(), "gateway+a");
}

#[test]
fn a_derived_image_says_more_of_inherited_options_or_less() {
    let project = read(&[
        (
            "base",
            "packages = [\"a0\"]\nwith = [\"wifi\"]\n[options.wifi]\npackages = [\"iwd\"]\n\
             [options.debug]\npackages = [\"gdb\"]\n[options.old]\npackages = [\"o0\"]\n",
        ),
        (
            "gateway",
            "extends = \"base\"\nwith = [\"-wifi\"]\n[options]\nold = false\n\
             [options.debug]\nrequires = [\"wifi\"]\npackages = [\"-gdb\", \"strace\"]\n",
        ),
    ])
    .expect("good");
    assert_eq!(
        builds(&project),
        [
            "base",
            "base+debug",
            "base+old",
            "gateway",
            "gateway+debug",
            "gateway+wifi"
        ]
    );
    assert_eq!(wishes(&project, "base", &[]), ["a0", "iwd"]);
    assert_eq!(wishes(&project, "gateway", &[]), ["a0"]);
    assert_eq!(
        wishes(&project, "gateway", &["debug"]),
        ["a0", "iwd", "strace"]
    );
    let error = read(&[("gateway", "options.old = false")]).expect_err("nothing to take away");
    assert_eq!(
        error.to_string(),
        "images/gateway.toml:1:9: there is no inherited option `old` to take away"
    );
}

#[test]
fn the_profiles_fit_every_release_of_debian_that_is_cared_for() {
    let project = "[project]\nname = \"x\"\nsuites = [\"bullseye\", \"bookworm\", \"trixie\", \"forky\"]\n\
                   architectures = [\"amd64\", \"arm64\", \"armhf\"]\n[repositories.debian]\n\
                   suites = [\"bullseye\", \"bookworm\", \"trixie\", \"forky\"]\n";
    let names = ["minimal", "security", "tiny"];
    let texts = names.map(|name| format!("extends = \"{name}\"\n"));
    let images: Vec<(&str, Source<'_>)> = std::iter::zip(names, &texts)
        .map(|(name, text)| (name, Source::new("images/x.toml", text)))
        .collect();
    let project = Project::read(Source::new("formwork.toml", project), &images);
    let project = project.unwrap_or_else(|error| panic!("{error}"));
    let plans = project.plans();
    assert_eq!(
        plans.len(),
        3 * 4 * 3,
        "no option needs a closure of its own"
    );
    let has = |image: &str, suite: &str, name: &str| {
        let mut all = plans.iter();
        let plan = all.find(|plan| (plan.image.as_str(), plan.suite.as_str()) == (image, suite));
        let mut wishes = plan.expect("a plan").wishes.iter();
        wishes.any(|planned| planned.wish.name == name)
    };
    let table = [
        ("minimal", "systemd-repart", ["trixie", "forky"].as_slice()),
        (
            "minimal",
            "systemd-resolved",
            &["bookworm", "trixie", "forky"],
        ),
        ("minimal", "fdisk", &["bullseye"]),
        ("security", "libpam-cracklib", &["bullseye"]),
        (
            "security",
            "libpam-passwdqc",
            &["bookworm", "trixie", "forky"],
        ),
        (
            "security",
            "linux-image-amd64",
            &["bullseye", "bookworm", "trixie", "forky"],
        ),
        ("security", "systemd-timesyncd", &[]),
        ("tiny", "systemd-sysv", &[]),
    ];
    for (image, package, expected) in table {
        for suite in ["bullseye", "bookworm", "trixie", "forky"] {
            let found = has(image, suite, package);
            assert_eq!(
                found,
                expected.contains(&suite),
                "{image} {suite} {package}"
            );
        }
    }
    for build in project.builds() {
        assert!(
            build
                .settings
                .users
                .iter()
                .all(|user| { user.password.is_none() && user.ssh_keys.is_empty() })
        );
    }
}
