//! What git knows of a project's files. Formwork asks; it never commits.

use std::cmp::Ordering;
use std::path::Path;

use formwork_model::proposal::Proposal;
use formwork_model::source::Source;
use formwork_sys::command::{Command as HostProgram, CommandError, Finished};

use super::ProposeError;
use crate::Error;

/// How many commits that touch a file are looked at for one of its revisions.
const MOST_COMMITS: &str = "2000";

/// The text of a file in a commit, or anything else that git names.
pub fn text_at(directory: &Path, revision: &str, file: &str) -> Result<Option<String>, Error> {
    // `./` makes the path relative to the project, which may lie within a larger repository.
    let object = format!("{revision}:./{file}");
    let shown = run(directory, &["cat-file", "blob", &object])?;
    Ok(shown
        .success()
        .then(|| String::from_utf8_lossy(&shown.stdout).into_owned()))
}

/// The names of the files of a folder in a commit.
pub fn names_at(directory: &Path, revision: &str, folder: &str) -> Result<Vec<String>, Error> {
    let object = format!("{revision}:./{folder}");
    let listed = run(directory, &["ls-tree", "-z", "--name-only", &object])?;
    // A commit without the folder has none of its files.
    let text = String::from_utf8_lossy(&listed.stdout);
    let names = text.split('\0').filter(|name| !name.is_empty());
    Ok(match listed.success() {
        true => names.map(str::to_owned).collect(),
        false => Vec::new(),
    })
}

/// The commit that a name such as `HEAD~3` or `v1.0` means, in full.
pub fn commit(directory: &Path, revision: &str) -> Result<String, Error> {
    let name = format!("{revision}^{{commit}}");
    let found = run(
        directory,
        &["rev-parse", "--verify", "--end-of-options", &name],
    )?;
    if found.success() {
        return Ok(line(&found.stdout));
    }
    require_git(directory)?;
    Err(ProposeError::Value {
        what: format!("git knows no revision '{revision}'"),
        hint: "name a commit, a branch or a tag".to_owned(),
    }
    .into())
}

/// Revision N of a proposal: the newest commit in which its file says `revision = N`, with the
/// text it has there.
pub fn revision(
    directory: &Path,
    file: &str,
    wanted: u32,
) -> Result<Option<(String, String)>, Error> {
    require_git(directory)?;
    let mut found = None;
    each_of_revision(directory, file, wanted, |commit, text, _| {
        found = Some((commit.to_owned(), text.to_owned()));
        false
    })?;
    Ok(found)
}

/// Looks at the commits in which a proposal's file says `revision = N`, newest first, until the
/// looker has seen enough; none where git knows nothing.
pub(super) fn each_of_revision(
    directory: &Path,
    file: &str,
    wanted: u32,
    mut look: impl FnMut(&str, &str, &Proposal) -> bool,
) -> Result<(), Error> {
    let path = format!("./{file}");
    let log = ["log", "--format=%H", "-n", MOST_COMMITS, "--", &path];
    let log = run(directory, &log)?;
    // A repository without a commit has no log.
    for commit in String::from_utf8_lossy(&log.stdout).lines() {
        let Some(text) = text_at(directory, commit, file)? else {
            continue;
        };
        // A commit whose file was broken is none of its revisions.
        let Ok(proposal) = Proposal::read(Source::new(file, &text)) else {
            continue;
        };
        let enough = match proposal.revision.cmp(&wanted) {
            Ordering::Less => true,
            Ordering::Equal => !look(commit, &text, &proposal),
            Ordering::Greater => false,
        };
        if enough {
            break;
        }
    }
    Ok(())
}

/// Whether a file is in the newest commit just as it is on disk.
pub fn is_committed(directory: &Path, file: &str, text: &str) -> Result<bool, Error> {
    require_git(directory)?;
    Ok(text_at(directory, "HEAD", file)?.as_deref() == Some(text))
}

/// The name that git would write into a commit here, if it knows one.
pub fn own_name(directory: &Path) -> Result<Option<String>, Error> {
    let found = run(directory, &["config", "user.name"])?;
    Ok(Some(line(&found.stdout)).filter(|name| found.success() && !name.is_empty()))
}

/// Complains if the project is not kept in git.
fn require_git(directory: &Path) -> Result<(), Error> {
    if run(directory, &["rev-parse", "--git-dir"])?.success() {
        return Ok(());
    }
    Err(ProposeError::NoGit(directory.display().to_string()).into())
}

/// Runs git in the project's directory.
fn run(directory: &Path, arguments: &[&str]) -> Result<Finished, Error> {
    HostProgram::new("git")
        .args(["--no-optional-locks", "--no-pager"])
        .args(arguments)
        .directory(directory)
        .run()
        .map_err(|error| {
            match error {
                CommandError::Missing { .. } => ProposeError::Command(error.to_string()),
                other => ProposeError::Git {
                    command: arguments.first().copied().unwrap_or_default().to_owned(),
                    message: other.to_string(),
                },
            }
            .into()
        })
}

/// The first line of an output.
fn line(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    text.lines().next().unwrap_or_default().trim().to_owned()
}
