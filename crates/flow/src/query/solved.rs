//! A request put to the resolver, and its answer checked.

use formwork_deb::universe::Universe;
use formwork_model::documents::{self, Contradiction};
use formwork_model::event::{Event, Phase, Unit};
use formwork_resolve::{Failure, Request, Solution, Wish};

use super::open::Opened;
use super::{Answer, Choice};
use crate::Error;
use crate::context::Context;

/// What every build needs, though no source says so (Debian Policy 4.2).
pub(super) const BUILD_ESSENTIAL: &str = "build-essential";

/// Solves the wishes and lets the independent checker look at the solution.
pub(super) fn solve(
    context: &Context,
    opened: &Opened,
    choice: Choice,
    wishes: &[String],
) -> Result<Answer<Solution>, Error> {
    let universe = opened.universe();
    let request = request(choice, wishes)?;
    (context.settings.events)(Event::Started {
        phase: Phase::Resolve,
        unit: Unit::Items,
        total: None,
    });
    let result = formwork_resolve::solve(&universe, &request);
    let answer = match result {
        Ok(solution) => Answer::Yes(checked(&universe, &request, solution)?),
        Err(Failure::Wishes(errors)) => {
            let place = opened.place();
            return Err(Error::Wishes { errors, place });
        }
        Err(Failure::Conflict(conflict)) => Answer::No(Box::new(Contradiction {
            format: documents::FORMAT,
            inputs: opened.inputs.clone(),
            conflict: formwork_resolve::explain(&universe, &conflict),
        })),
    };
    (context.settings.events)(Event::Finished {
        phase: Phase::Resolve,
        summary: String::new(),
    });
    Ok(answer)
}

/// The request that the words of a person make.
fn request(choice: Choice, wishes: &[String]) -> Result<Request, Error> {
    let mut wishes = wishes
        .iter()
        .map(|text| Wish::parse(text))
        .collect::<Result<Vec<Wish>, _>>()?;
    if choice.builds {
        wishes.iter_mut().for_each(become_source);
        wishes.push(Wish::named(BUILD_ESSENTIAL));
    }
    Ok(Request {
        wishes,
        variant: choice.variant,
        recommends: choice.recommends,
        ..Request::default()
    })
}

/// Turns a wish for a binary package into one for the source of that name.
fn become_source(wish: &mut Wish) {
    wish.name = format!("src:{}", wish.name);
    wish.architecture = Some("source".to_owned());
}

/// The solution, once the checker agrees.
fn checked(
    universe: &Universe<'_>,
    request: &Request,
    solution: Solution,
) -> Result<Solution, Error> {
    formwork_resolve::check(universe, request, &solution.packages)
        .map_err(|error| Error::Check(error.to_string()))?;
    Ok(solution)
}
