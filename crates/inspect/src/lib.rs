//! Looking at an image: what takes the room, and where it comes from. Pure.
//!
//! What is told comes out of the records that a build leaves ([`records`]); they are compared
//! with each other ([`chain`]) and, if asked, with the image itself ([`disk`], [`boot`], [`bmap`]). [`answer`] puts
//! it together, [`page`] shows it with a [`treemap`].

#![forbid(unsafe_code)]

pub mod answer;
pub mod bmap;
pub mod boot;
pub mod chain;
pub mod disk;
pub mod files;
pub mod page;
pub mod records;
pub mod sizes;
pub mod timings;
pub mod treemap;
