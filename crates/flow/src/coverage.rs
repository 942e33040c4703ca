//! `coverage`: which requirements the approved packages meet, on a board or on any.

use formwork_model::board::Board;
use formwork_model::documents::{Coverage, Input};
use formwork_model::nearest::nearest;
use formwork_model::proposal::Proposal;
use formwork_proposal::coverage::{self, Question};

use crate::context::Context;
use crate::propose::{self, Loaded, ProposeError};
use crate::{Error, approved};

pub use formwork_proposal::coverage::{advice, csv, html, packages, words};

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The board; without one any board is meant.
    pub board: Option<String>,
    /// The security level whose requirements are meant; without one all.
    pub level: Option<u8>,
    /// An open proposal that counts as if it were approved.
    pub with: Option<String>,
}

/// Answers `coverage`.
pub fn coverage(context: &Context, asked: &Asked) -> Result<Coverage, Error> {
    let loaded = propose::load(context)?;
    let board = asked
        .board
        .as_deref()
        .map(|name| board(&loaded, name))
        .transpose()?;
    let frozen = approved::frozen(&loaded)?;
    let mut inputs: Vec<Input> = frozen
        .iter()
        .flat_map(|one| &one.lists)
        .flat_map(|list| list.inputs.iter().cloned())
        .collect();
    inputs.sort();
    inputs.dedup();
    let mut proposals: Vec<&Proposal> = loaded.approved().map(|one| &one.proposal).collect();
    let mut also = None;
    if let Some(name) = &asked.with {
        let one = &loaded.find(name)?.proposal;
        if one.status.is_closed() {
            return Err(ProposeError::State {
                what: format!("proposal {} is {}", one.id, one.status.as_str()),
                hint: "--with takes one in draft or in review; approved ones count anyway"
                    .to_owned(),
            }
            .into());
        }
        also = Some(one.id);
        proposals.push(one);
        proposals.sort_by_key(|one| one.id);
    }
    let lists = approved::lists(&loaded)?;
    Ok(coverage::coverage(&Question {
        catalogue: &loaded.catalogue,
        proposals,
        lists: &lists,
        also,
        board,
        level: asked.level,
        inputs,
    }))
}

/// The board of this name.
fn board<'a>(loaded: &'a Loaded, name: &str) -> Result<&'a Board, Error> {
    loaded.boards.get(name).ok_or_else(|| {
        let known = loaded.boards.keys().map(String::as_str);
        let near = nearest(name, known.clone(), 1);
        let hint = match near.first() {
            Some(near) => format!("did you mean {near}?"),
            None => format!("there are: {}", known.collect::<Vec<_>>().join(", ")),
        };
        ProposeError::Value {
            what: format!("there is no board '{name}'"),
            hint,
        }
        .into()
    })
}
