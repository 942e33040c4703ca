//! A treemap of a tree: packages, in them directories, in those their large files; the area of
//! each is what its files hold.

pub mod group;
pub mod layout;
pub mod svg;

#[cfg(test)]
mod tests;
