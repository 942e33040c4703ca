//! What `images` and `show image` answer.

use serde::Serialize;

use crate::project::{Composition, ImageOption};

/// Everything that may be built in a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Images {
    /// The format of this document.
    pub format: u32,
    /// The images with their options, sorted by name; those that are only extended are left out.
    pub images: Vec<DescribedImage>,
    /// What may be built by name, sorted by image; an image as it is comes before its options.
    pub builds: Vec<BuildChoice>,
}

/// An image and its options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DescribedImage {
    /// Its name.
    pub name: String,
    /// What it is for; null if its file does not say.
    pub description: Option<String>,
    /// The suites it is made for, as written.
    pub suites: Vec<String>,
    /// The architectures it is made for, as written.
    pub architectures: Vec<String>,
    /// Its options, sorted by name.
    pub options: Vec<DescribedOption>,
}

/// An option of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DescribedOption {
    /// Its name.
    pub name: String,
    /// What it is for; null if no file says.
    pub description: Option<String>,
    /// Whether it is on unless something speaks against it.
    pub default: bool,
    /// The options it brings, as written.
    pub requires: Vec<String>,
    /// The options it cannot be with, as written.
    pub excludes: Vec<String>,
    /// The suites it is limited to; empty if it is not limited.
    pub suites: Vec<String>,
    /// The architectures it is limited to; empty if it is not limited.
    pub architectures: Vec<String>,
}

/// One thing that may be built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BuildChoice {
    /// The image.
    pub image: String,
    /// The options besides those that are on by default, sorted.
    pub options: Vec<String>,
    /// The suite.
    pub suite: String,
    /// The architecture.
    pub architecture: String,
    /// Whether the lock holds its closure.
    pub locked: bool,
}

/// One image as it is composed, each value with the place that gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShownImage {
    /// The format of this document.
    pub format: u32,
    /// The image.
    pub image: String,
    /// The options besides those that are on by default, sorted.
    pub options: Vec<String>,
    /// Every option that is on, each after those it requires.
    pub on: Vec<String>,
    /// The suite.
    pub suite: String,
    /// The architecture.
    pub architecture: String,
    /// The values: packages first, then the keys in the order of the documentation.
    pub values: Vec<ShownValue>,
}

/// One value of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShownValue {
    /// The key with those above it, as in `system.hostname`; repeated for each entry of a list.
    pub key: String,
    /// The value.
    pub value: String,
    /// The file that gives it, relative to the project; `profile:NAME` for one of Formwork's.
    pub file: String,
    /// The line.
    pub line: u64,
}

impl DescribedOption {
    /// Describes an option.
    #[must_use]
    pub fn new(option: &ImageOption, default: bool) -> DescribedOption {
        let names = |list: &[(String, crate::source::Spot)]| {
            list.iter().map(|(name, _)| name.clone()).collect()
        };
        DescribedOption {
            name: option.name.clone(),
            description: option.description.clone(),
            default,
            requires: names(&option.requires),
            excludes: names(&option.excludes),
            suites: option.suites.clone(),
            architectures: option.architectures.clone(),
        }
    }
}

impl ShownImage {
    /// Describes a composed image.
    #[must_use]
    pub fn new(composed: &Composition) -> ShownImage {
        let values = composed.listed().into_iter().map(|listed| ShownValue {
            key: listed.key,
            value: listed.value,
            file: listed.spot.file,
            line: listed.spot.line,
        });
        ShownImage {
            format: super::FORMAT,
            image: composed.image.clone(),
            options: composed.options.clone(),
            on: composed.on.clone(),
            suite: composed.suite.clone(),
            architecture: composed.architecture.clone(),
            values: values.collect(),
        }
    }
}
