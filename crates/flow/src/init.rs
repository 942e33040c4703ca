//! `formwork init`: a new project with comments from which its keys can be learned.

use std::path::{Path, PathBuf};

use formwork_model::name::{self, Kind};
use formwork_model::project::{GITIGNORE, IMAGE_NAME, image_template, profiles, project_template};
use formwork_sys::fs;

use crate::Error;
use crate::project::{FILE_NAME, IMAGES, ProjectError};

/// What a new project is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProject {
    /// Where it begins; made if it is not there.
    pub directory: PathBuf,
    /// Its suites.
    pub suites: Vec<String>,
    /// Its architectures.
    pub architectures: Vec<String>,
    /// The profile that its image extends.
    pub extends: Option<String>,
}

/// Writes a new project and returns the files that were written. Nothing is overwritten: if one
/// of the files is there already, none is written.
pub fn init(new: &NewProject) -> Result<Vec<PathBuf>, Error> {
    check(Kind::Suite, "--suite", &new.suites)?;
    check(Kind::Architecture, "--arch", &new.architectures)?;
    let profile = new.extends.as_deref();
    if let Some(unknown) = profile.filter(|one| !profiles().any(|name| name == *one)) {
        let names: Vec<&str> = profiles().collect();
        return Err(Error::Option {
            option: "--extends",
            value: unknown.to_owned(),
            reason: format!("the profiles are {}", names.join(", ")),
        });
    }
    let name = project_name(&new.directory);
    let image = format!("{IMAGES}/{}.toml", profile.unwrap_or(IMAGE_NAME));
    let ignore = new.directory.join(".gitignore");
    let mut files = vec![
        (
            new.directory.join(FILE_NAME),
            project_template(&name, &new.suites, &new.architectures),
        ),
        (new.directory.join(image), image_template(profile)),
    ];
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        return Err(ProjectError::Exists(path.clone()).into());
    }
    // A directory under git often has this file; then it is the person's, and no fault.
    if !ignore.exists() {
        files.push((ignore, GITIGNORE.to_owned()));
    }
    fs::create_directory(&new.directory.join(IMAGES))?;
    for (path, text) in &files {
        fs::replace(path, text.as_bytes())?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}

/// Every name that was typed must be one of its kind.
pub(crate) fn check(kind: Kind, option: &'static str, names: &[String]) -> Result<(), Error> {
    match names.iter().find(|name| !name::is_valid(kind, name)) {
        None => Ok(()),
        Some(bad) => Err(Error::Option {
            option,
            value: bad.clone(),
            reason: format!("it is made of {}", kind.alphabet()),
        }),
    }
}

/// A project is named after its directory, as far as that makes a name.
fn project_name(directory: &Path) -> String {
    let full = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    let own = full
        .file_name()
        .map(|name| name.to_string_lossy().to_lowercase());
    let plain: String = own
        .unwrap_or_default()
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() || "-_.".contains(letter) {
                letter
            } else {
                '-'
            }
        })
        .collect();
    let trimmed = plain.trim_start_matches(['-', '_', '.']).to_owned();
    if name::is_valid(Kind::Project, &trimmed) {
        trimmed
    } else {
        "project".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_gives_its_project_a_name() {
        let table = [
            ("/home/me/my-gateway", "my-gateway"),
            ("/home/me/My Gateway", "my-gateway"),
            ("/home/me/.hidden", "hidden"),
            ("/home/me/größe", "gr--e"),
            ("/home/me/ß", "project"),
            ("/", "project"),
        ];
        for (directory, name) in table {
            assert_eq!(project_name(Path::new(directory)), name);
        }
    }

    #[test]
    fn a_new_project_loads_and_is_never_overwritten() {
        let home = tempfile::tempdir().expect("directory");
        let new = NewProject {
            directory: home.path().join("gateway"),
            suites: vec!["trixie".into()],
            architectures: vec!["arm64".into()],
            extends: None,
        };
        let files = init(&new).expect("init");
        assert_eq!(files.len(), 3);
        let loaded = crate::project::load(&new.directory).expect("loads");
        assert_eq!(loaded.project.name, "gateway");
        assert_eq!(loaded.project.plans().len(), 1);
        let before = std::fs::read(&files[0]).expect("read");
        assert!(matches!(
            init(&new),
            Err(Error::Project(ProjectError::Exists(path))) if path == files[0]
        ));
        assert_eq!(std::fs::read(&files[0]).expect("read"), before);
        // The image alone is reason enough not to write the rest.
        std::fs::remove_file(&files[0]).expect("remove");
        assert!(init(&new).is_err());
        assert!(!files[0].exists());
    }

    #[test]
    fn the_image_of_a_new_project_is_what_its_profile_is() {
        let home = tempfile::tempdir().expect("directory");
        for suite in ["bullseye", "bookworm", "trixie"] {
            for profile in profiles() {
                let new = NewProject {
                    directory: home.path().join(format!("{suite}-{profile}")),
                    suites: vec![suite.into()],
                    architectures: vec!["amd64".into()],
                    extends: Some(profile.to_owned()),
                };
                init(&new).expect("init");
                let loaded = crate::project::load(&new.directory).expect("loads");
                let plans = loaded.project.plans();
                assert!(plans.iter().all(|plan| plan.image == profile), "{profile}");
                let has_kernel = |plan: &formwork_model::project::Plan| {
                    let mut wishes = plan.wishes.iter();
                    wishes.any(|wish| format!("{wish:?}").contains("linux-image-amd64"))
                };
                assert!(plans.iter().all(has_kernel), "{suite} {profile}");
            }
        }
        let new = NewProject {
            directory: home.path().join("x"),
            suites: vec!["trixie".into()],
            architectures: vec!["amd64".into()],
            extends: Some("gateway".to_owned()),
        };
        let error = init(&new).expect_err("no such profile").to_string();
        assert!(error.contains("minimal, security, tiny"), "{error}");
        assert!(!new.directory.exists());
    }

    #[test]
    fn names_that_are_none_are_refused_before_anything_is_written() {
        let home = tempfile::tempdir().expect("directory");
        let new = NewProject {
            directory: home.path().join("x"),
            suites: vec!["../etc".into()],
            architectures: vec!["amd64".into()],
            extends: None,
        };
        assert!(matches!(
            init(&new),
            Err(Error::Option {
                option: "--suite",
                ..
            })
        ));
        assert!(!new.directory.exists());
    }
}
