//! How disks, file systems, archives and boot images look as bytes: structures and checked
//! parsing, and no policy. Writers and readers of images share it.

pub mod cpio;
mod crc;
pub mod ebg;
pub mod erofs;
pub mod ext4;
pub mod fat;
pub mod fuzzing;
pub mod gpt;
pub mod guid;
pub mod node;
pub mod pe;
pub mod squashfs;
pub mod uki;
