//! Which source packages a closure is built from.

use std::collections::BTreeMap;

use formwork_model::documents::{self, SourceBinary, SourceGroup};

use super::open::{self, Want};
use super::{Answer, Choice, Scope, solved};
use crate::Error;
use crate::context::Context;

/// Answers `sources`: the binaries of a closure, grouped by source package and version.
pub fn sources(
    context: &Context,
    scope: &Scope,
    choice: Choice,
    wishes: &[String],
) -> Result<Answer<documents::Sources>, Error> {
    let opened = open::open(context, scope, Want::for_choice(choice, wishes))?;
    let solution = match solved::solve(context, &opened, choice, wishes)? {
        Answer::No(contradiction) => return Ok(Answer::No(contradiction)),
        Answer::Yes(solution) => solution,
    };
    let universe = opened.universe();
    let mut groups: BTreeMap<(&str, &str), Vec<SourceBinary>> = BTreeMap::new();
    for &id in &solution.packages {
        let package = universe.package(id);
        if package.is_source() {
            continue;
        }
        groups
            .entry((package.source(), package.source_version()))
            .or_default()
            .push(SourceBinary {
                name: package.name().to_owned(),
                version: package.version().to_owned(),
                architecture: package.architecture().to_owned(),
                size: package.size(),
                installed_size: package.installed_size(),
            });
    }
    let sources = groups
        .into_iter()
        .map(|((source, version), binaries)| SourceGroup {
            source: source.to_owned(),
            version: version.to_owned(),
            binaries,
        });
    Ok(Answer::Yes(documents::Sources {
        format: documents::FORMAT,
        inputs: opened.inputs.clone(),
        suites: opened.suites.clone(),
        architecture: opened.architecture.clone(),
        wishes: wishes.to_vec(),
        sources: sources.collect(),
    }))
}
