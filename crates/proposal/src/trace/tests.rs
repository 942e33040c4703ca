//! Traces in a small project.

use super::*;
use formwork_deb::time::Timestamp;
use formwork_model::approved::{Frozen, FrozenBinary, FrozenList, FrozenSource};
use formwork_model::board::Board;
use formwork_model::proposal::Proposal;
use formwork_model::requirement::Catalogue;
use formwork_model::source::Source;

const CATALOGUE: &str = r#"
[[requirement]]
id = "CR 1.14"
title = "Symmetric keys"
tests = ["T1"]

[[requirement]]
id = "CR 1.9"
title = "Public keys"

[[test]]
id = "T1"
checks = "keys stay inside"

[features.tpm2]
title = "a TPM"
kind = "hardware"

[capabilities.key-storage]
title = "keeps keys"
requirements = ["CR 1.9", "CR 1.14"]
packages = ["tpm2-tools", "softhsm2"]
features = ["tpm2"]
"#;

const PROPOSAL: &str = "id = 2\ntitle = \"Security\"\nproposer = \"wg\"\nrevision = 1\nstatus = \"draft\"\n\
    suites = [\"bookworm\"]\narchitectures = [\"amd64\"]\n\n[[package]]\nsource = \"tpm2-tools\"\n\
    binaries = [\"tpm2-tools\"]\ncapabilities = [\"key-storage\"]\nneeds = [\"tpm2\"]\n";

/// The graph with a source of the name that the proposal has.
fn graph_with_namesake() -> Graph {
    let mut graph = graph();
    graph.node(TraceKind::Source, "security", "");
    graph
}

fn graph() -> Graph {
    let mut catalogue = Catalogue::default();
    catalogue
        .add(Source::new("requirements/x.toml", CATALOGUE))
        .unwrap();
    let proposal = Proposal::read(Source::new("proposals/0002-security.toml", PROPOSAL)).unwrap();
    let board = "title = \"A board\"\narchitecture = \"amd64\"\nfeatures = [\"tpm2\"]\n";
    let board = Board::read("pc", Source::new("boards/pc.toml", board), &catalogue).unwrap();
    let source = |name: &str, binary: &str, chain: &[&str]| FrozenSource {
        name: name.to_owned(),
        version: "1".to_owned(),
        binaries: vec![FrozenBinary {
            name: binary.to_owned(),
            version: "1".to_owned(),
        }],
        chain: chain.iter().map(|one| (*one).to_owned()).collect(),
        ..FrozenSource::default()
    };
    let list = FrozenList {
        suite: "bookworm".to_owned(),
        sources: vec![
            source("tpm2-tools", "tpm2-tools", &["tpm2-tools"]),
            source("tpm2-tss", "libtss2", &["tpm2-tools", "libtss2"]),
        ],
        ..FrozenList::default()
    };
    let frozen = Frozen {
        proposal: 2,
        revision: 1,
        closed: Timestamp(0),
        lists: vec![list],
    };
    let installed = Installed {
        image: "tpm2-tss".to_owned(),
        suite: "bookworm".to_owned(),
        architecture: "amd64".to_owned(),
        packages: BTreeMap::from([("libtss2".to_owned(), "tpm2-tss".to_owned())]),
    };
    let known = Known {
        catalogue: &catalogue,
        proposals: vec![&proposal],
        frozen: &[frozen],
        images: &[installed],
        boards: vec![&board],
    };
    known.graph()
}

fn trace(asked: &str) -> Trace {
    let graph = graph();
    match find(&graph, asked) {
        Found::One { key, .. } => graph.trace(&key, Vec::new()),
        other => panic!("{asked}: {other:?}"),
    }
}

#[test]
fn a_source_stands_between_requirements_and_images() {
    let expected = "\
source tpm2-tools
  ↑ given by: capability key-storage  keeps keys
    ↑ served by: requirement CR 1.9  Public keys
    ↑ served by: requirement CR 1.14  Symmetric keys
  ↑ proposes: proposal 0002-security  Security (draft, revision 1)
  ↓ builds: binary tpm2-tools
  ↓ needs: feature tpm2  a TPM
    ↓ there on: board pc  A board (amd64)
";
    assert_eq!(tree(&trace("tpm2-tools")), expected);
}

#[test]
fn what_only_could_serve_is_not_told_from_below() {
    assert_eq!(
        tree(&trace("softhsm2")),
        "source softhsm2\n  nothing is linked to it\n"
    );
}

#[test]
fn a_requirement_leads_down_to_boards_and_tests() {
    let expected = "\
requirement CR 1.14  Symmetric keys
  ↓ served by: capability key-storage  keeps keys
    ↓ could be given by: source softhsm2
    ↓ given by: source tpm2-tools
      ↓ builds: binary tpm2-tools
      ↓ needs: feature tpm2  a TPM
        ↓ there on: board pc  A board (amd64)
    ↓ needs: feature tpm2  a TPM …
  ↓ shown by: test T1  keys stay inside
";
    assert_eq!(tree(&trace("cr1.14")), expected);
}

#[test]
fn an_image_leads_up_to_the_proposal_that_brought_its_packages() {
    let expected = "\
image tpm2-tss  bookworm amd64
  ↑ installed by: binary libtss2
    ↑ builds: source tpm2-tss
      ↑ brings by tpm2-tools → libtss2: proposal 0002-security  Security (draft, revision 1)
";
    assert_eq!(tree(&trace("image:tpm2-tss")), expected);
}

#[test]
fn names_are_found_by_every_form_and_ambiguous_ones_are_not_guessed() {
    let graph = graph();
    let one = |asked: &str| match find(&graph, asked) {
        Found::One { key, also } => (id(&key), also),
        other => panic!("{asked}: {other:?}"),
    };
    for asked in [
        "2",
        "0002",
        "security",
        "proposals/0002-security.toml",
        "proposal:2",
    ] {
        assert_eq!(one(asked).0, "proposal:0002-security", "{asked}");
    }
    let source = (
        "source:tpm2-tools".to_owned(),
        vec!["binary:tpm2-tools".to_owned()],
    );
    assert_eq!(one("tpm2-tools"), source);
    assert_eq!(one("binary:tpm2-tools").0, "binary:tpm2-tools");
    assert_eq!(one("CR 1.14").0, "requirement:CR 1.14");
    let namesake = Found::One {
        key: (TraceKind::Source, "security".to_owned()),
        also: vec!["proposal:0002-security".to_owned()],
    };
    assert_eq!(find(&graph_with_namesake(), "security"), namesake);
    let several = Found::Several(vec![
        "source:tpm2-tss".to_owned(),
        "image:tpm2-tss".to_owned(),
    ]);
    assert_eq!(find(&graph, "tpm2-tss"), several);
    let Found::Nothing(near) = find(&graph, "tpm2-tool") else {
        panic!("nothing is called so");
    };
    assert_eq!(near[..2], ["source:tpm2-tools", "binary:tpm2-tools"]);
    assert_eq!(find(&graph, "board:tpm2-tools"), Found::Nothing(Vec::new()));
}

#[test]
fn graphviz_text_holds_every_link() {
    let trace = trace("tpm2-tools");
    let text = dot(&trace);
    assert_eq!(text.matches(" -> ").count(), trace.links.len());
    assert!(text.contains("\"source:tpm2-tools\" [label = \"source tpm2-tools\", style = bold];"));
}
