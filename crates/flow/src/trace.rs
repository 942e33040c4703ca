//! `trace`: all that is linked to a requirement, a package, an image, a board and so on.

use std::collections::BTreeMap;

use formwork_model::documents::{Input, Trace};
use formwork_model::event::Event;
use formwork_proposal::trace::{self, Found, Installed, Known};

use crate::context::Context;
use crate::propose::{self, Loaded, ProposeError};
use crate::{Error, approved, lock};

pub use formwork_proposal::trace::{dot, tree};

/// Answers `trace`.
pub fn trace(context: &Context, asked: &str) -> Result<Trace, Error> {
    let loaded = propose::load(context)?;
    let frozen = approved::frozen(&loaded)?;
    let (images, mut inputs) = installed(&loaded)?;
    for list in frozen.iter().flat_map(|one| &one.lists) {
        inputs.extend(list.inputs.iter().cloned());
    }
    inputs.sort();
    inputs.dedup();
    let known = Known {
        catalogue: &loaded.catalogue,
        proposals: loaded.proposals.iter().map(|one| &one.proposal).collect(),
        frozen: &frozen,
        images: &images,
        boards: loaded.boards.values().collect(),
    };
    let graph = known.graph();
    match trace::find(&graph, asked) {
        Found::One { key, also } => {
            for other in also {
                let text = format!("{} is meant; there is {other}, too", trace::id(&key));
                (context.settings.events)(Event::Note(text));
            }
            Ok(graph.trace(&key, inputs))
        }
        Found::Several(ids) => Err(ProposeError::Value {
            what: format!("'{asked}' is the name of several things"),
            hint: format!("say which: {}", quoted(&ids)),
        }
        .into()),
        Found::Nothing(near) => Err(ProposeError::Value {
            what: format!("nothing is called '{asked}' here"),
            hint: match near.as_slice() {
                [] => "a requirement, capability, test, proposal, source, binary, feature, image or board"
                    .to_owned(),
                near => format!("did you mean: {}?", quoted(near)),
            },
        }
        .into()),
    }
}

/// Ids as they are typed.
fn quoted(ids: &[String]) -> String {
    let quoted = ids.iter().map(|id| match id.contains(' ') {
        true => format!("'{id}'"),
        false => id.clone(),
    });
    quoted.collect::<Vec<_>>().join(", ")
}

/// What the locked images install, and from which Releases; nothing where there is no lock.
fn installed(loaded: &Loaded) -> Result<(Vec<Installed>, Vec<Input>), Error> {
    let Some(current) = loaded.project.lock()? else {
        return Ok((Vec::new(), Vec::new()));
    };
    let lock = current.lock;
    let images = lock.closures.iter().map(|closure| {
        let shipped = closure.shipped().into_iter();
        let packages = shipped.filter_map(|key| lock.package(key));
        let packages: BTreeMap<String, String> = packages
            .map(|package| (package.name.clone(), package.source.clone()))
            .collect();
        Installed {
            image: closure.image.clone(),
            suite: closure.suite.clone(),
            architecture: closure.architecture.clone(),
            packages,
        }
    });
    Ok((images.collect(), lock::inputs(&loaded.project, &lock)))
}
