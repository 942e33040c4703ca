//! From a finished tree to images: file systems, boot images, partitioned disks.
//!
//! Nothing here needs root, a loop device or a mount: the formats are written as bytes. All
//! names, numbers and times come from the content or from the caller, so that the same tree
//! and the same order make the same image.

mod acl;
pub mod blocks;
pub mod bmap;
pub mod cache;
pub mod disk;
pub mod erofs;
pub mod ext4;
pub mod make;
pub mod squashfs;
pub mod target;
pub mod tree;
pub mod uki;
