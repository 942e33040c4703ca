//! What was sent to whom: one file a list, `lists/NAME/SUITE/DATE.toml`, never changed again.

use std::collections::BTreeMap;

use formwork_deb::time::Timestamp;
use formwork_model::approved::{LISTS, Sent};
use formwork_model::documents::{self, SentRecord};
use formwork_model::name::{Kind, is_valid};
use formwork_model::source::Source;
use formwork_sys::fs;

use super::lists;
use crate::Error;
use crate::project::{self, ProjectError};
use crate::propose::{Loaded, ProposeError};

/// The newest list that each recipient was sent, by suite.
pub(super) type Newest = BTreeMap<String, BTreeMap<String, Sent>>;

/// Records that the approved list of a suite is sent today.
pub fn record(
    loaded: &Loaded,
    to: &str,
    suite: &str,
    today: Timestamp,
) -> Result<SentRecord, Error> {
    if !is_valid(Kind::Project, to) {
        return Err(ProposeError::Value {
            what: format!("`{to}` cannot be the name of a recipient"),
            hint: Kind::Project.alphabet().to_owned(),
        }
        .into());
    }
    let lists = lists(loaded)?;
    let Some(list) = lists.get(suite).filter(|list| !list.sources.is_empty()) else {
        let known: Vec<&str> = lists.keys().map(String::as_str).collect();
        return Err(ProposeError::Value {
            what: format!("nothing is approved in {suite}"),
            hint: match known.is_empty() {
                true => "no proposal is closed as approved yet".to_owned(),
                false => format!("there are lists of {}", known.join(", ")),
            },
        }
        .into());
    };
    let own = |text: &str| text.to_owned();
    let sent = Sent {
        to: own(to),
        suite: own(suite),
        date: today,
        entries: list
            .entries()
            .map(|(source, binary, version)| (own(source), own(binary), own(version)))
            .collect(),
    };
    let folder = suite.replace('/', "-");
    let file = format!("{LISTS}/{to}/{folder}/{}.toml", today.date());
    let path = loaded.project.directory.join(&file);
    let text = sent.to_string();
    if path.exists() {
        if project::read_text(&path, &file)? == text {
            return Ok(told(&sent, file));
        }
        return Err(ProposeError::State {
            what: format!("{file} records another list of that day"),
            hint: "what was sent cannot be changed; send the new one on another day".to_owned(),
        }
        .into());
    }
    for folder in [
        LISTS.to_owned(),
        format!("{LISTS}/{to}"),
        format!("{LISTS}/{to}/{folder}"),
    ] {
        fs::create_directory(&loaded.project.directory.join(folder))?;
    }
    fs::replace(&path, text.as_bytes())?;
    Ok(told(&sent, file))
}

/// What is told of a record.
fn told(sent: &Sent, file: String) -> SentRecord {
    SentRecord {
        format: documents::FORMAT,
        inputs: Vec::new(),
        to: sent.to.clone(),
        suite: sent.suite.clone(),
        date: sent.date.date(),
        packages: u64::try_from(sent.entries.len()).unwrap_or(u64::MAX),
        sha256: sent.sha256().to_string(),
        file,
    }
}

/// The newest lists of everybody, or of one recipient.
pub(super) fn newest(loaded: &Loaded, to: Option<&str>) -> Result<Newest, Error> {
    let root = loaded.project.directory.join(LISTS);
    let mut newest = Newest::new();
    for recipient in project::names_in(&root, "")? {
        let folder = root.join(&recipient);
        if to.is_some_and(|name| name != recipient) || !folder.is_dir() {
            continue;
        }
        for suite in project::names_in(&folder, "")? {
            if !folder.join(&suite).is_dir() {
                continue;
            }
            // Dates sort as texts.
            let Some(date) = project::names_in(&folder.join(&suite), ".toml")?.pop() else {
                continue;
            };
            let file = format!("{LISTS}/{recipient}/{suite}/{date}.toml");
            let text = project::read_text(&loaded.project.directory.join(&file), &file)?;
            let sent = Sent::read(Source::new(&file, &text)).map_err(ProjectError::from)?;
            newest
                .entry(recipient.clone())
                .or_default()
                .insert(sent.suite.clone(), sent);
        }
    }
    Ok(newest)
}
