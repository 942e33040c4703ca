//! The approved lists as documents and texts, and the lists of many machines united.

use std::path::{Path, PathBuf};

use formwork_model::approved::{ApprovedList, Frozen};
use formwork_model::documents::{
    self, ApprovedDocument, ApprovedLists, Flat, FlatSource, Input, ListedBinary, MergedList,
};
use formwork_model::source::Source;
use formwork_proposal::flat::{count, listed};
use formwork_proposal::{formats, import};
use formwork_sys::fs;

use super::{frozen, lists};
use crate::Error;
use crate::project;
use crate::project::ProjectError;
use crate::propose::flat::format::Format;
use crate::propose::{Loaded, ProposeError};

/// No list of a machine is larger.
const MAX_LIST_BYTES: u64 = 64 << 20;

/// The approved lists of some suites, of all if none is named.
pub fn show(loaded: &Loaded, suites: &[String]) -> Result<ApprovedLists, Error> {
    let lists = lists(loaded)?;
    if let Some(unknown) = suites.iter().find(|suite| !lists.contains_key(*suite)) {
        let known: Vec<&str> = lists.keys().map(String::as_str).collect();
        return Err(ProposeError::Value {
            what: format!("nothing is approved in {unknown}"),
            hint: match known.is_empty() {
                true => "no proposal is closed as approved yet".to_owned(),
                false => format!("there are lists of {}", known.join(", ")),
            },
        }
        .into());
    }
    let asked = |suite: &str| suites.is_empty() || suites.iter().any(|one| one == suite);
    Ok(ApprovedLists {
        format: documents::FORMAT,
        inputs: inputs(&frozen(loaded)?, &asked),
        lists: lists
            .values()
            .filter(|list| asked(&list.suite))
            .map(document)
            .collect(),
    })
}

/// The Releases that the frozen lists were made from.
fn inputs(frozen: &[Frozen], asked: &impl Fn(&str) -> bool) -> Vec<Input> {
    let lists = frozen.iter().flat_map(|one| &one.lists);
    let mut inputs: Vec<Input> = lists
        .filter(|list| asked(&list.suite))
        .flat_map(|list| list.inputs.iter().cloned())
        .collect();
    inputs.sort();
    inputs.dedup();
    inputs
}

/// One list as a document.
fn document(list: &ApprovedList) -> ApprovedDocument {
    let sources: Vec<FlatSource> = list
        .sources
        .iter()
        .map(|(name, source)| listed(name, source))
        .collect();
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    ApprovedDocument {
        suite: list.suite.clone(),
        total: number(sources.len()),
        total_binaries: number(list.binaries()),
        sources,
    }
}

/// One list in a form.
#[must_use]
pub fn text(list: &ApprovedDocument, format: Format) -> String {
    let flat = || {
        count(Flat {
            format: documents::FORMAT,
            suite: list.suite.clone(),
            title: "approved packages".to_owned(),
            sources: list.sources.clone(),
            ..Flat::default()
        })
    };
    match format {
        Format::SrcBin => formats::approved_src_bin(list),
        Format::Pkglist => formats::pkglist(&list.sources),
        Format::Csv => formats::csv(&list.sources),
        Format::Toml => formats::toml(&flat()),
        Format::Yaml => formats::yaml(&flat()),
        Format::Markdown => formats::approved_markdown(list),
    }
}

/// Unites the lists of many machines.
pub fn merge(files: &[PathBuf]) -> Result<MergedList, Error> {
    let mut packages: Vec<ListedBinary> = Vec::new();
    for file in files {
        packages.extend(read_list(file)?);
    }
    packages.sort();
    packages.dedup();
    Ok(MergedList {
        format: documents::FORMAT,
        inputs: Vec::new(),
        packages,
    })
}

/// The list of one machine.
pub(crate) fn read_list(file: &Path) -> Result<Vec<ListedBinary>, Error> {
    let name = file.display().to_string();
    let bytes = fs::read_limited(file, MAX_LIST_BYTES)?;
    let text = project::text(bytes, &name)?;
    Ok(import::pkglist(Source::new(&name, &text)).map_err(ProjectError::from)?)
}

/// The united list as the sponsors take it.
#[must_use]
pub fn merged_text(list: &MergedList) -> String {
    import::united(std::slice::from_ref(&list.packages))
}
