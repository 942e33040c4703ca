//! What is to be resolved: one plan for each image, suite and architecture of a project.
//!
//! A plan has a digest of all that decides about its closure besides the archive itself. The
//! lock keeps it, so that a stale closure is noticed without a network. Where a repository is
//! found, and whose keys are believed, does not enter it: a lock serves any mirror.

use std::fmt::Write;

use formwork_deb::sha256::Sha256;

use super::{
    Composition, Place, PlannedBeside, Project, Repository, Variant, beside, name_with_options,
};
use crate::lock::ClosurePlace;
use crate::source::Spot;
use crate::wish::Wish;

/// What is to be resolved for one image, suite and architecture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The image.
    pub image: String,
    /// The options that decide about its packages, besides those it has by default.
    pub options: Vec<String>,
    /// The suite of the image.
    pub suite: String,
    /// The native architecture.
    pub architecture: String,
    /// Further architectures that wishes name, sorted.
    pub foreign: Vec<String>,
    /// The set it begins with.
    pub variant: Variant,
    /// Whether recommended packages are taken too.
    pub recommends: bool,
    /// What it asks for, in the order written.
    pub wishes: Vec<PlannedWish>,
    /// What stands in the lock without being installed, in the order of the layout.
    pub beside: Vec<PlannedBeside>,
    /// The suites of repositories that take part, sorted by name and then as written.
    pub repositories: Vec<PlanRepository>,
}

/// A wish with the place where somebody wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedWish {
    /// The wish.
    pub wish: Wish,
    /// Where it is written.
    pub spot: Spot,
}

/// A suite of a repository that takes part in a plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlanRepository {
    /// The repository.
    pub name: String,
    /// Its suite; `None` for a directory.
    pub suite: Option<String>,
    /// The priority of this suite.
    pub priority: i32,
}

impl Project {
    /// The plans of all images, sorted by image, then suite and architecture as written, an
    /// image as it is before the same with options.
    #[must_use]
    pub fn plans(&self) -> Vec<Plan> {
        let mut plans: Vec<Plan> = Vec::new();
        for build in self.builds() {
            let plan = self.plan(&build);
            if !plans.iter().any(|known| known.place() == plan.place()) {
                plans.push(plan);
            }
        }
        plans
    }

    /// What is to be resolved for one composition.
    #[must_use]
    pub fn plan(&self, build: &Composition) -> Plan {
        let (suite, architecture) = (build.suite.as_str(), build.architecture.as_str());
        let wishes: Vec<PlannedWish> = build
            .entries
            .iter()
            .filter(|entry| entry.restriction.allows(architecture))
            .map(|entry| PlannedWish {
                wish: entry.wish.clone(),
                spot: entry.spot.clone(),
            })
            .collect();
        let mut foreign: Vec<String> = wishes
            .iter()
            .filter_map(|planned| planned.wish.foreign(architecture))
            .map(str::to_owned)
            .collect();
        foreign.sort();
        foreign.dedup();
        let repositories = self.taking_part(suite, architecture, &foreign);
        Plan {
            image: build.image.clone(),
            options: build.closure_options.clone(),
            suite: suite.to_owned(),
            architecture: architecture.to_owned(),
            foreign,
            variant: build.variant,
            recommends: build.recommends,
            wishes,
            beside: beside::of(&build.layout),
            repositories,
        }
    }

    /// The suites of repositories that serve a suite of images on an architecture.
    #[must_use]
    pub fn repositories_for(&self, suite: &str, architecture: &str) -> Vec<PlanRepository> {
        self.taking_part(suite, architecture, &[])
    }

    /// The suites of repositories that serve a suite of images on these architectures.
    fn taking_part(&self, suite: &str, native: &str, foreign: &[String]) -> Vec<PlanRepository> {
        let mut parts = Vec::new();
        for repository in &self.repositories {
            let limits = &repository.architectures;
            let fits = |name: &str| limits.is_empty() || limits.iter().any(|limit| limit == name);
            if !fits(native) && !foreign.iter().any(|name| fits(name)) {
                continue;
            }
            if matches!(repository.place, Place::Directory(_)) && repository.serves(suite, "") {
                parts.push(part(repository, None));
            }
            for own in repository
                .suites
                .iter()
                .filter(|own| repository.serves(suite, own))
            {
                parts.push(part(repository, Some(own)));
            }
        }
        parts
    }

    /// The repository of this name.
    #[must_use]
    pub fn repository(&self, name: &str) -> Option<&Repository> {
        self.repositories
            .iter()
            .find(|repository| repository.name == name)
    }
}

/// How one suite of a repository takes part.
fn part(repository: &Repository, suite: Option<&str>) -> PlanRepository {
    PlanRepository {
        name: repository.name.clone(),
        suite: suite.map(str::to_owned),
        priority: repository.priority_of(suite.unwrap_or_default()),
    }
}

impl Plan {
    /// The digest of all that decides about the closure besides the archive itself.
    #[must_use]
    pub fn digest(&self, project: &Project) -> Sha256 {
        let mut text = format!(
            "formwork plan 1\nsuite {}\narchitecture {}\nvariant {}\nrecommends {}\n",
            self.suite,
            self.architecture,
            self.variant.as_str(),
            self.recommends
        );
        let mut wishes: Vec<String> = self
            .wishes
            .iter()
            .map(|planned| planned.wish.to_string())
            .collect();
        wishes.sort();
        wishes.dedup();
        for wish in wishes {
            line(&mut text, "wish", &[&wish]);
        }
        let mut beside: Vec<String> = self.beside.iter().map(PlannedBeside::text).collect();
        beside.sort();
        beside.dedup();
        for wishes in beside {
            line(&mut text, "beside", &[&wishes]);
        }
        for part in &self.repositories {
            let repository = project.repository(&part.name);
            let components = repository.map(|found| found.components.join(" "));
            let architectures = repository.map(|found| found.architectures.join(" "));
            let at = repository
                .and_then(|found| found.at)
                .map(|at| at.snapshot());
            line(
                &mut text,
                "repository",
                &[
                    &part.name,
                    part.suite.as_deref().unwrap_or("-"),
                    &part.priority.to_string(),
                    &components.unwrap_or_default(),
                    &architectures.unwrap_or_default(),
                    at.as_deref().unwrap_or("-"),
                ],
            );
        }
        Sha256::of(text.as_bytes())
    }

    /// The plan in a person's words: image with options, suite and architecture.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} {} {}", self.name(), self.suite, self.architecture)
    }

    /// The image with its options, as in `gateway+debug`.
    #[must_use]
    pub fn name(&self) -> String {
        name_with_options(&self.image, &self.options)
    }

    /// What tells a plan from all others, and names its closure in the lock.
    #[must_use]
    pub fn place(&self) -> ClosurePlace<'_> {
        ClosurePlace {
            image: &self.image,
            suite: &self.suite,
            architecture: &self.architecture,
            options: &self.options,
        }
    }
}

/// Adds a line whose fields are kept apart by a character that none of them holds.
fn line(text: &mut String, key: &str, fields: &[&str]) {
    text.push_str(key);
    for field in fields {
        // Writing to a string cannot fail.
        let _ = write!(text, "\t{field}");
    }
    text.push('\n');
}
