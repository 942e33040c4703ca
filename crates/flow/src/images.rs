//! `formwork images`: what may be built in a project.

use formwork_model::documents::{self, BuildChoice, DescribedImage, DescribedOption, Images};
use formwork_model::project::Image;

use crate::Error;
use crate::context::Context;
use crate::project::{self, ProjectError};

/// Lists images, their options, and everything that may be built by name.
pub fn images(context: &Context) -> Result<Images, Error> {
    let loaded = project::open(context)?;
    let builds = loaded.project.builds();
    if builds.is_empty() {
        return Err(ProjectError::NoImage.into());
    }
    let lock = loaded.lock()?;
    let choice = |build: &formwork_model::project::Composition| {
        let plan = loaded.project.plan(build);
        let closure = lock
            .as_ref()
            .and_then(|current| current.lock.closure_at(plan.place()));
        BuildChoice {
            image: build.image.clone(),
            options: build.options.clone(),
            suite: build.suite.clone(),
            architecture: build.architecture.clone(),
            locked: closure.is_some(),
        }
    };
    let built = |image: &&Image| !image.is_abstract;
    Ok(Images {
        format: documents::FORMAT,
        images: loaded
            .project
            .images
            .values()
            .filter(built)
            .map(describe)
            .collect(),
        builds: builds.iter().map(choice).collect(),
    })
}

/// One image as the document has it.
fn describe(image: &Image) -> DescribedImage {
    let option = |option: &formwork_model::project::ImageOption| {
        let default = image.default_options().contains(&option.name);
        DescribedOption::new(option, default)
    };
    DescribedImage {
        name: image.name.clone(),
        description: image.description.clone(),
        suites: image.suites.clone(),
        architectures: image.architectures.clone(),
        options: image.options().iter().map(option).collect(),
    }
}
