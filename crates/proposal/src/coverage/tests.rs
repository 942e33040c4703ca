//! The same proposal on a board with and without a TPM, and on any board.

use super::*;
use formwork_model::approved::ApprovedSource;
use formwork_model::source::Source;

const CATALOGUE: &str = r#"
[[requirement]]
id = "CR 1.5"
title = "Authenticator management"
levels = [1, 2]

[[requirement]]
id = "CR 1.9 RE(1)"
title = "Hardware security"
levels = [3]
tests = ["T1"]

[[requirement]]
id = "CR 1.14"
title = "Symmetric keys"
levels = [2]

[[requirement]]
id = "CR 2.9"
title = "Audit storage"
levels = [1]

[[requirement]]
id = "CR 9.9"
title = "Nothing asked"

[[test]]
id = "T1"
checks = "x"

[features.tpm2]
title = "a TPM"
kind = "hardware"

[features.hsm]
title = "a security module"
kind = "hardware"

[features.internet]
title = "the internet"
kind = "network"

[capabilities.key-storage]
title = "keeps keys"
requirements = ["CR 1.9 RE(1)", "CR 1.14"]
packages = ["tpm2-tools"]
features = ["tpm2"]

[capabilities.audit-storage]
title = "keeps records"
requirements = ["CR 2.9"]
packages = ["audit"]
"#;

const PROPOSAL: &str = r#"
id = 2
title = "Security"
proposer = "wg"
revision = 1
status = "draft"
suites = ["bookworm"]
architectures = ["amd64", "arm64"]

[[package]]
source = "libpwquality"
binaries = ["libpam-pwquality"]
requirements = ["CR 1.5"]
needs = []

[[package]]
source = "tpm2-tools"
binaries = ["tpm2-tools"]
capabilities = ["key-storage"]
state = "optional"
needs = ["tpm2"]

[[package]]
source = "opensc"
binaries = ["opensc"]
requirements = ["CR 1.14"]
needs = ["hsm", "internet"]
architectures = ["amd64"]
"#;

struct Toy {
    catalogue: Catalogue,
    proposal: Proposal,
    lists: BTreeMap<String, ApprovedList>,
}

impl Toy {
    fn new() -> Toy {
        let mut catalogue = Catalogue::default();
        catalogue
            .add(Source::new("requirements/x.toml", CATALOGUE))
            .unwrap();
        catalogue.check().unwrap();
        let source = Source::new("proposals/0002-x.toml", PROPOSAL);
        let sources = ["libpwquality", "tpm2-tools", "opensc"];
        let list = ApprovedList {
            suite: "bookworm".to_owned(),
            sources: sources
                .iter()
                .map(|name| ((*name).to_owned(), ApprovedSource::default()))
                .collect(),
        };
        Toy {
            catalogue,
            proposal: Proposal::read(source).unwrap(),
            lists: BTreeMap::from([("bookworm".to_owned(), list)]),
        }
    }

    fn board(&self, text: &str) -> Board {
        let text = format!("title = \"A board\"\narchitecture = \"arm64\"\n{text}");
        Board::read("b", Source::new("boards/b.toml", &text), &self.catalogue).unwrap()
    }

    fn on(&self, board: Option<&Board>) -> Coverage {
        coverage(&Question {
            catalogue: &self.catalogue,
            proposals: vec![&self.proposal],
            lists: &self.lists,
            also: None,
            board,
            level: None,
            inputs: Vec::new(),
        })
    }
}

/// Each requirement with its state, its packages and the advice.
fn told(coverage: &Coverage) -> Vec<(String, String, String, String)> {
    let all = coverage.requirements.iter();
    all.map(|one| {
        (
            one.id.clone(),
            words(one),
            packages(one).join(" "),
            advice(coverage, one),
        )
    })
    .collect()
}

fn row(id: &str, state: &str, packages: &str, advice: &str) -> (String, String, String, String) {
    (
        id.to_owned(),
        state.to_owned(),
        packages.to_owned(),
        advice.to_owned(),
    )
}

#[test]
fn a_board_with_a_tpm_meets_what_needs_one() {
    let toy = Toy::new();
    let board = toy.board("features = [\"tpm2\"]\n");
    let expected = [
        row("CR 1.5", "met", "libpam-pwquality", ""),
        row("CR 1.9 RE(1)", "met", "tpm2-tools", ""),
        row("CR 1.14", "met", "tpm2-tools", ""),
        row("CR 2.9", "not met", "", "for audit-storage: audit"),
        row("CR 9.9", "nothing asked", "", ""),
    ];
    assert_eq!(told(&toy.on(Some(&board))), expected);
}

#[test]
fn a_board_without_a_tpm_does_not() {
    let toy = Toy::new();
    let board = toy.board("features = []\n");
    let coverage = toy.on(Some(&board));
    let expected = [
        row("CR 1.5", "met", "libpam-pwquality", ""),
        row(
            "CR 1.9 RE(1)",
            "not met",
            "",
            "tpm2-tools needs tpm2, which this board cannot have",
        ),
        row(
            "CR 1.14",
            "not met",
            "",
            "tpm2-tools needs tpm2, which this board cannot have",
        ),
        row("CR 2.9", "not met", "", "for audit-storage: audit"),
        row("CR 9.9", "nothing asked", "", ""),
    ];
    assert_eq!(told(&coverage), expected);
    assert_eq!(coverage.features[0].state, FeatureState::Missing);
    assert_eq!(
        coverage.features[0].requirements,
        ["CR 1.9 RE(1)", "CR 1.14"]
    );
}

#[test]
fn a_board_that_can_have_a_tpm_says_how() {
    let toy = Toy::new();
    let board = toy.board("features = []\n[possible]\ntpm2 = \"solder one\"\n");
    let coverage = toy.on(Some(&board));
    let all = told(&coverage);
    assert_eq!(
        all[1],
        row(
            "CR 1.9 RE(1)",
            "met with tpm2",
            "tpm2-tools",
            "tpm2: solder one"
        )
    );
    assert_eq!(
        (coverage.met, coverage.met_with, coverage.not_met),
        (1, 2, 1)
    );
}

#[test]
fn without_a_board_the_least_set_of_features_is_told() {
    let toy = Toy::new();
    let coverage = toy.on(None);
    let all = told(&coverage);
    // A TPM serves both; the security module and the internet would serve one of them only.
    assert_eq!(all[2], row("CR 1.14", "met with tpm2", "tpm2-tools", ""));
    let names: Vec<&str> = coverage
        .features
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["tpm2"]);
    assert_eq!(coverage.features[0].requirements, ["CR 1.9 RE(1)"]);
}

#[test]
fn what_is_not_on_the_list_does_not_count_unless_asked() {
    let mut toy = Toy::new();
    toy.lists.clear();
    assert_eq!(toy.on(None).met, 0);
    let coverage = coverage(&Question {
        catalogue: &toy.catalogue,
        proposals: vec![&toy.proposal],
        lists: &toy.lists,
        also: Some(2),
        board: None,
        level: Some(2),
        inputs: Vec::new(),
    });
    let ids: Vec<&str> = coverage
        .requirements
        .iter()
        .map(|one| one.id.as_str())
        .collect();
    assert_eq!(ids, ["CR 1.5", "CR 1.14"]);
    assert_eq!(coverage.met, 1);
}

#[test]
fn many_features_end_in_a_small_set() {
    let way =
        |names: &[&str]| -> BTreeSet<String> { names.iter().map(|n| (*n).to_owned()).collect() };
    let mut ways: Vec<Vec<BTreeSet<String>>> = Vec::new();
    for number in 0..20 {
        let own = format!("f{number:02}");
        ways.push(vec![way(&[&own, "x"]), way(&["shared"])]);
    }
    assert_eq!(least(&ways), way(&["shared"]));
    assert_eq!(least(&[]), BTreeSet::new());
}

#[test]
fn the_forms_hold_every_requirement_and_no_markup_of_others() {
    let mut toy = Toy::new();
    toy.catalogue.requirements.get_mut("CR 1.5").unwrap().title = "=<script>, \"x\"".to_owned();
    let coverage = toy.on(None);
    let table = csv(&coverage);
    assert_eq!(table.lines().count(), 6);
    assert!(
        table.contains("CR 1.5,\"'=<script>, \"\"x\"\"\""),
        "{table}"
    );
    let page = html(&coverage);
    assert!(page.contains("=&lt;script&gt;"), "{page}");
    assert!(!page.contains("<script"), "no script at all");
    assert!(page.contains("met with tpm2"));
}

#[test]
fn a_proposal_for_another_architecture_does_not_count_and_says_so() {
    let toy = Toy::new();
    let board = "title = \"A board\"\narchitecture = \"riscv64\"\nfeatures = [\"tpm2\"]\n";
    let board = Board::read("r", Source::new("boards/r.toml", board), &toy.catalogue).unwrap();
    let coverage = toy.on(Some(&board));
    assert_eq!(coverage.met, 0);
    assert_eq!(
        coverage.notes,
        ["proposal 2 (Security) does not count: it is not for riscv64"]
    );
}
