//! From a closure of checked package files to a finished Debian tree.
//!
//! The steps inside the sandbox, each a function that takes the tree, its part of the order and,
//! where it needs one, something that runs a program in the tree:
//!
//! - unpacking, the dpkg database, the packages' own scripts: [`job::Stage::Scripts`]; `stage`
//!   keeps what they leave, and restores it;
//! - `settings::apply(&Tree, …, &mut dyn Run) -> Result<(), Error>`: [`job::Stage::Settings`];
//! - `normalise::apply(&Tree, …) -> Result<(), Error>`, then
//!   `clean::apply(&Tree, …) -> Result<(), Error>`: [`job::Stage::Finished`];
//! - `kernel::find(&Tree, …)` and `initramfs::make(&Tree, …, &mut dyn Run)`, where the order wants
//!   them;
//! - `manifest` and `outputs` hand it over.

pub mod build;
pub mod clean;
mod configure;
mod database;
pub mod error;
pub mod floor;
mod helpers;
pub mod ids;
pub mod initramfs;
pub mod inside;
pub mod job;
pub mod kernel;
pub mod manifest;
pub mod message;
pub mod normalise;
mod order;
pub mod outputs;
pub mod program;
pub mod report;
mod scripts;
pub mod settings;
mod spine;
pub mod stage;
mod strip;
mod unpack;
pub mod variation;
mod work;
