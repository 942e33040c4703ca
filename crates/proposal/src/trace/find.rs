//! Which thing a person means by a name.

use formwork_model::documents::TraceKind as Kind;
use formwork_model::nearest::nearest;
use formwork_model::requirement::normalised;

use super::{Graph, Key, id};

/// What a name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// One thing; `also` are others of that name, which are linked to it anyway.
    One {
        /// The thing.
        key: Key,
        /// The ids of the others.
        also: Vec<String>,
    },
    /// Things of several kinds, by their ids.
    Several(Vec<String>),
    /// Nothing; the ids of what is much like it.
    Nothing(Vec<String>),
}

/// Finds the thing that is meant: `KIND:NAME`, or a name alone where that is plain.
#[must_use]
pub fn find(graph: &Graph, asked: &str) -> Found {
    let (kind, name) = split(asked);
    let mut found: Vec<Key> = graph
        .keys()
        .filter(|key| kind.is_none_or(|kind| key.0 == kind) && is_meant(key, name))
        .cloned()
        .collect();
    let mut also = Vec::new();
    // Proposals are often named after a package; then the package is meant.
    let others = found.iter().any(|key| key.0 != Kind::Proposal);
    found.retain(|key| {
        let by_slug = key.0 == Kind::Proposal && key.1 != name && others;
        if by_slug {
            also.push(id(key));
        }
        !by_slug
    });
    // A source and a binary of one name: the source stands above and shows both.
    if let [(Kind::Source, _), (Kind::Binary, _)] = found.as_slice() {
        also.extend(found.pop().as_ref().map(id));
    }
    match found.as_slice() {
        [one] => Found::One {
            key: one.clone(),
            also,
        },
        [] => Found::Nothing(alike(graph, kind, name)),
        several => Found::Several(several.iter().map(id).collect()),
    }
}

/// A kind in front of a colon, if it is one; Debian's own architectures are none.
fn split(asked: &str) -> (Option<Kind>, &str) {
    let Some((front, name)) = asked.split_once(':') else {
        return (None, asked);
    };
    let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == front);
    match kind {
        Some(kind) => (Some(kind), name.trim()),
        None => (None, asked),
    }
}

/// Whether a thing is called so, in any of the ways its kind allows.
fn is_meant((kind, own): &Key, name: &str) -> bool {
    match kind {
        Kind::Requirement => *own == normalised(name),
        Kind::Proposal => {
            let bare = name.rsplit('/').next().unwrap_or(name);
            let bare = bare.strip_suffix(".toml").unwrap_or(bare);
            let (number, slug) = own.split_once('-').unwrap_or((own, ""));
            let same_number = bare.parse::<u32>().ok() == number.parse().ok();
            own == bare || slug == bare || (bare.parse::<u32>().is_ok() && same_number)
        }
        _ => own == name,
    }
}

/// Things whose names are much like this one.
fn alike(graph: &Graph, kind: Option<Kind>, name: &str) -> Vec<String> {
    let fits = |key: &&Key| kind.is_none_or(|kind| key.0 == kind);
    let names = graph.keys().filter(fits).map(|key| key.1.as_str());
    let near = nearest(name, names, 3);
    let keys: Vec<&Key> = graph.keys().filter(fits).collect();
    let of = |name: &&str| {
        let name = *name;
        let own = keys.iter().filter(move |key| key.1 == name);
        own.map(|key| id(key)).collect::<Vec<String>>()
    };
    let mut ids: Vec<String> = near.iter().flat_map(of).collect();
    ids.truncate(5);
    ids
}
