//! `propose export`: the packet for reviewers, written to a directory.

use std::path::Path;

use formwork_deb::sha256::Sha256;
use formwork_model::documents::{self, Exported, ExportedFile};
use formwork_model::proposal::Proposal;
use formwork_proposal::diff as differences;
use formwork_proposal::export::{self, Changes, Packet};
use formwork_sys::fs;

use super::diff::at_revision;
use super::flat::{Asked, Pair, flat, pairs};
use super::{Loaded, LoadedProposal, ProposeError};
use crate::Error;
use crate::context::Context;
use crate::query::Answer;

/// Writes the packet of a proposal; where it has several suites, each gets a directory of its own.
pub fn export(
    context: &Context,
    loaded: &Loaded,
    one: &LoadedProposal,
    (asked, directory): (&Asked, &Path),
) -> Result<Answer<Exported>, Error> {
    let proposal = &one.proposal;
    let pairs = match pairs(context, loaded, proposal, asked)? {
        Answer::No(contradiction) => return Ok(Answer::No(contradiction)),
        Answer::Yes(pairs) => pairs,
    };
    let approved: Vec<&Proposal> = loaded.approved().map(|one| &one.proposal).collect();
    let mut exported = Exported {
        format: documents::FORMAT,
        proposal: proposal.id,
        revision: proposal.revision,
        ..Exported::default()
    };
    for pair in &pairs {
        let suite = &pair.flat.suite;
        let changes = changes(context, loaded, proposal, pair)?;
        let requirements = export::rows(&loaded.catalogue, proposal, &approved, suite);
        let packet = Packet {
            proposal,
            flat: &pair.flat,
            all: &pair.all,
            requirements: &requirements,
            changes: &changes,
        };
        let files =
            export::packet(&packet).map_err(|error| ProposeError::Command(error.to_string()))?;
        let directory = match pairs.len() {
            1 => directory.to_owned(),
            _ => directory.join(suite.replace('/', "-")),
        };
        fs::create_directory(&directory)?;
        for file in files {
            let path = directory.join(&file.name);
            fs::replace(&path, &file.bytes)?;
            exported.files.push(ExportedFile {
                suite: suite.clone(),
                path: path.display().to_string(),
                what: file.what,
                size: u64::try_from(file.bytes.len()).unwrap_or(u64::MAX),
                sha256: Sha256::of(&file.bytes).to_string(),
            });
        }
        exported.inputs.extend(pair.flat.inputs.iter().cloned());
    }
    exported.inputs.sort();
    exported.inputs.dedup();
    Ok(Answer::Yes(exported))
}

/// What changed since the revision before; a project without git, or without that revision, is
/// no obstacle: the packet then says that it is not known.
fn changes(
    context: &Context,
    loaded: &Loaded,
    proposal: &Proposal,
    pair: &Pair,
) -> Result<Changes, Error> {
    if proposal.revision < 2 {
        return Ok(Changes::default());
    }
    let since = proposal.revision - 1;
    let unknown = Changes {
        since: Some(since),
        ..Changes::default()
    };
    let old = match at_revision(loaded, proposal, since) {
        Ok(Some(old)) => old,
        Ok(None) | Err(Error::Propose(ProposeError::NoGit(_))) => return Ok(unknown),
        Err(error) => return Err(error),
    };
    let suite = &pair.flat.suite;
    let packages = if old.suites.iter().any(|one| one.text == *suite) {
        let asked = Asked {
            suites: vec![suite.clone()],
            ..Asked::default()
        };
        // What cannot be installed any more tells nothing of the change.
        match flat(context, loaded, &old, &asked) {
            Ok(Answer::Yes(then)) => {
                Some(differences::flats(suite, then.first(), Some(&pair.flat)))
            }
            Ok(Answer::No(_)) | Err(Error::Project(_)) => None,
            Err(error) => return Err(error),
        }
    } else {
        None
    };
    Ok(Changes {
        written: Some(differences::written(&old, proposal)),
        packages,
        ..unknown
    })
}
