use super::*;

#[test]
fn ids_are_read_as_people_write_them() {
    let table = [
        ("CR 1.1", "CR 1.1"),
        ("cr1.14", "CR 1.14"),
        ("CR-1.5", "CR 1.5"),
        ("CR 1.14 RE 1", "CR 1.14 RE(1)"),
        ("CR 1.14 RE(1)", "CR 1.14 RE(1)"),
        ("cr 1.14 re (1)", "CR 1.14 RE(1)"),
        ("EDR 3.14 RE1", "EDR 3.14 RE(1)"),
        // What is not of this form stays as it is.
        ("GW-7", "GW-7"),
        ("own requirement", "own requirement"),
        ("CR 1.1 later", "CR 1.1 later"),
        ("", ""),
    ];
    for (written, expected) in table {
        assert_eq!(normalised(written), expected, "{written}");
    }
}

#[test]
fn the_order_is_that_of_the_standard() {
    let mut ids = [
        "CR 1.10",
        "NDR 1.6",
        "CR 1.9 RE(1)",
        "CR 2.1",
        "CR 1.9",
        "EDR 3.2",
        "CR 3.1",
        "NDR 3.2",
        "GW-7",
    ];
    ids.sort_by(|left, right| order(left, right));
    assert_eq!(
        ids,
        [
            "GW-7",
            "NDR 1.6",
            "CR 1.9",
            "CR 1.9 RE(1)",
            "CR 1.10",
            "CR 2.1",
            "CR 3.1",
            "EDR 3.2",
            "NDR 3.2"
        ]
    );
}

const TEXT: &str = "\
[groups]
FR1 = \"Identification\"

[[requirement]]
id = \"CR 1.1\"
title = \"Human user identification\"
group = \"FR1\"
levels = [1, 2]
tests = [\"T1\"]

[[requirement]]
id = \"CR 1.1 RE 1\"
title = \"Unique identification\"
enhances = \"CR 1.1\"
levels = [2]

[[test]]
id = \"T1\"
checks = \"a login\"

[features.tpm2]
title = \"a TPM\"
kind = \"hardware\"

[capabilities.login]
title = \"log in\"
requirements = [\"CR 1.1\"]
packages = [\"shadow\"]
features = [\"tpm2\"]
tests = [\"T1\"]
";

fn read(text: &str) -> Result<Catalogue, FileError> {
    let mut catalogue = Catalogue::default();
    catalogue.add(Source::new("requirements/a.toml", text))?;
    catalogue.check()?;
    Ok(catalogue)
}

#[test]
fn a_catalogue_links_requirements_and_packages() {
    let catalogue = read(TEXT).expect("a catalogue");
    assert_eq!(catalogue.in_order()[1].id, "CR 1.1 RE(1)");
    assert_eq!(catalogue.serving("CR 1.1").count(), 1);
    assert_eq!(catalogue.search("unique ident")[0].id, "CR 1.1 RE(1)");
    assert_eq!(catalogue.search("cr1.1")[0].id, "CR 1.1");
    assert!(catalogue.search("nothing").is_empty());
}

#[test]
fn a_wrong_catalogue_is_refused_at_its_place() {
    let table = [
        ("[\"T1\"]", "[\"T9\"]", 4 + 1, "no test `T9`"),
        ("group = \"FR1\"", "group = \"FR9\"", 5, "no group `FR9`"),
        ("levels = [1, 2]", "levels = [5]", 8, "`levels` is a list"),
        (
            "title = \"Unique",
            "titel = \"Unique",
            11,
            "a requirement needs the key `title`",
        ),
        (
            "kind = \"hardware\"",
            "kind = \"wood\"",
            23,
            "`wood` is no kind",
        ),
        (
            "features = [\"tpm2\"]",
            "features = [\"tpm\"]",
            25,
            "no feature `tpm`",
        ),
        (
            "id = \"CR 1.1 RE 1\"",
            "id = \"CR 1.1\"",
            12,
            "`CR 1.1` is described already",
        ),
    ];
    for (from, to, line, message) in table {
        let error = read(&TEXT.replacen(from, to, 1)).expect_err(to);
        assert!(error.message.starts_with(message), "{to}: {error}");
        assert_eq!(error.spot.line, line, "{to}: {error}");
    }
}
