//! `formwork show image`: one image with its bases and options merged, and where each value is from.

use formwork_model::documents::ShownImage;
use formwork_model::project::Image;

use crate::context::Context;
use crate::project::{self, ProjectError};
use crate::{Error, machine};

/// What is to be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The image.
    pub image: String,
    /// Options besides those that are on by default.
    pub with: Vec<String>,
    /// The suite; without it the image's first.
    pub suite: Option<String>,
    /// The architecture; without it this machine's if the image has it, else the image's first.
    pub architecture: Option<String>,
}

/// Composes an image and lists its values.
pub fn show_image(context: &Context, asked: &Asked) -> Result<ShownImage, Error> {
    let project = project::open(context)?.project;
    let image = project.image(&asked.image).map_err(ProjectError::from)?;
    let suite = match &asked.suite {
        Some(suite) => suite.clone(),
        None => first(&image.suites),
    };
    let architecture = match &asked.architecture {
        Some(architecture) => architecture.clone(),
        None => own_architecture(image),
    };
    let composed = project.compose(&asked.image, &asked.with, &suite, &architecture);
    Ok(ShownImage::new(&composed.map_err(ProjectError::from)?))
}

/// This machine's architecture if the image has it, else the image's first.
fn own_architecture(image: &Image) -> String {
    let own = machine::architecture();
    if image.architectures.contains(&own) {
        own
    } else {
        first(&image.architectures)
    }
}

/// The first name; an image has at least one suite and architecture.
fn first(names: &[String]) -> String {
    names.first().cloned().unwrap_or_default()
}
