//! The graph of a project, from all that people wrote and what was locked.

use std::collections::{BTreeMap, BTreeSet};

use formwork_model::approved::Frozen;
use formwork_model::board::Board;
use formwork_model::documents::TraceKind as Kind;
use formwork_model::proposal::{Package, Proposal, State};
use formwork_model::requirement::Catalogue;

use super::{Graph, Key};

/// What a locked image installs.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Installed {
    /// The image.
    pub image: String,
    /// The suite.
    pub suite: String,
    /// The architecture.
    pub architecture: String,
    /// Its packages: source by binary.
    pub packages: BTreeMap<String, String>,
}

/// All that is known of a project.
#[derive(Clone, Debug)]
pub struct Known<'a> {
    /// Requirements, capabilities, features, tests.
    pub catalogue: &'a Catalogue,
    /// The proposals.
    pub proposals: Vec<&'a Proposal>,
    /// The frozen lists of those that are approved.
    pub frozen: &'a [Frozen],
    /// What the locked images install.
    pub images: &'a [Installed],
    /// The boards.
    pub boards: Vec<&'a Board>,
}

impl Known<'_> {
    /// Links everything.
    #[must_use]
    pub fn graph(&self) -> Graph {
        let mut graph = Graph::default();
        self.catalogue(&mut graph);
        for proposal in &self.proposals {
            for package in &proposal.packages {
                self.package(&mut graph, proposal, package);
            }
        }
        for frozen in self.frozen {
            self.frozen(&mut graph, frozen);
        }
        self.images(&mut graph);
        self.boards(&mut graph);
        self.candidates(&mut graph);
        graph
    }

    /// Sources that are known to give a capability, where no proposal names them for it.
    fn candidates(&self, graph: &mut Graph) {
        for capability in self.catalogue.capabilities.values() {
            let above = graph.node(Kind::Capability, &capability.name, "");
            for name in &capability.packages {
                let source = graph.node(Kind::Source, name, "");
                // A link that is there already says more and stays.
                graph.possible(&above, &source, "could be given by");
            }
        }
    }

    /// Requirements, what serves them, and what shows them.
    fn catalogue(&self, graph: &mut Graph) {
        let catalogue = self.catalogue;
        let tests = |graph: &mut Graph, above: &Key, tests: &[String]| {
            for name in tests {
                let checks = catalogue.tests.get(name).map(|test| test.checks.as_str());
                let test = graph.node(Kind::Test, name, checks.unwrap_or_default());
                graph.link(above, &test, "shown by");
            }
        };
        for requirement in catalogue.requirements.values() {
            let key = graph.node(Kind::Requirement, &requirement.id, &requirement.title);
            tests(graph, &key, &requirement.tests);
        }
        for test in catalogue.tests.values() {
            graph.node(Kind::Test, &test.id, &test.checks);
        }
        for feature in catalogue.features.values() {
            graph.node(Kind::Feature, &feature.name, &feature.title);
        }
        for capability in catalogue.capabilities.values() {
            let key = graph.node(Kind::Capability, &capability.name, &capability.title);
            for id in &capability.requirements {
                let above = graph.node(Kind::Requirement, id, "");
                graph.link(&above, &key, "served by");
            }
            for name in &capability.features {
                let feature = graph.node(Kind::Feature, name, "");
                graph.link(&key, &feature, "needs");
            }
            tests(graph, &key, &capability.tests);
        }
    }

    /// A package of a proposal: what it serves, what it needs, what is wanted of it.
    fn package(&self, graph: &mut Graph, proposal: &Proposal, package: &Package) {
        let above = proposal_key(graph, proposal);
        let source = graph.node(Kind::Source, package.source.as_str(), "");
        let how = match package.state {
            State::Proposed => "proposes",
            State::Optional => "proposes where the hardware has what it needs",
            State::UnderDiscussion => "talks about",
            State::Deferred => "puts off",
            State::Remove => "takes off the list",
        };
        graph.link(&above, &source, how);
        if !package.state.is_wanted() {
            return;
        }
        for id in &package.requirements {
            let requirement = graph.node(Kind::Requirement, id.as_str(), "");
            graph.link(&requirement, &source, "served by");
        }
        for name in &package.capabilities {
            let capability = graph.node(Kind::Capability, name.as_str(), "");
            graph.link(&capability, &source, "given by");
        }
        for name in package.needs.iter().flatten() {
            let feature = graph.node(Kind::Feature, name.as_str(), "");
            graph.link(&source, &feature, "needs");
        }
        for binary in &package.binaries {
            let key = graph.node(Kind::Binary, binary.name.as_str(), "");
            graph.link(&source, &key, "builds");
        }
    }

    /// What an approved proposal brought by dependencies.
    fn frozen(&self, graph: &mut Graph, frozen: &Frozen) {
        let mut proposals = self.proposals.iter();
        let Some(proposal) = proposals.find(|one| one.id == frozen.proposal) else {
            return;
        };
        let above = proposal_key(graph, proposal);
        for source in frozen.lists.iter().flat_map(|list| &list.sources) {
            let key = graph.node(Kind::Source, &source.name, "");
            let how = match source.chain.as_slice() {
                [] | [_] => "brings".to_owned(),
                chain => format!("brings by {}", chain.join(" → ")),
            };
            graph.link(&above, &key, &how);
            for binary in &source.binaries {
                let binary = graph.node(Kind::Binary, &binary.name, "");
                graph.link(&key, &binary, "builds");
            }
        }
    }

    /// What images install, each image once with all its suites and architectures.
    fn images(&self, graph: &mut Graph) {
        let mut places: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for one in self.images {
            let place = format!("{} {}", one.suite, one.architecture);
            places.entry(&one.image).or_default().insert(place);
        }
        for (image, places) in &places {
            let places: Vec<&str> = places.iter().map(String::as_str).collect();
            graph.node(Kind::Image, image, &places.join(", "));
        }
        for one in self.images {
            let image = graph.node(Kind::Image, &one.image, "");
            for (binary, source) in &one.packages {
                let source = graph.node(Kind::Source, source, "");
                let binary = graph.node(Kind::Binary, binary, "");
                graph.link(&source, &binary, "builds");
                graph.link(&binary, &image, "installed by");
            }
        }
    }

    /// Which boards have which features.
    fn boards(&self, graph: &mut Graph) {
        for board in &self.boards {
            let title = format!("{} ({})", board.title, board.architecture);
            let key = graph.node(Kind::Board, &board.name, &title);
            for name in board.features.keys() {
                let feature = graph.node(Kind::Feature, name, "");
                graph.link(&feature, &key, "there on");
            }
            for (name, possible) in &board.possible {
                let feature = graph.node(Kind::Feature, name, "");
                let how = format!("can be had on ({})", possible.how);
                graph.link(&feature, &key, &how);
            }
        }
    }
}

fn proposal_key(graph: &mut Graph, proposal: &Proposal) -> Key {
    let title = format!(
        "{} ({}, revision {})",
        proposal.title,
        proposal.status.as_str(),
        proposal.revision
    );
    graph.node(Kind::Proposal, &proposal.name(), &title)
}
