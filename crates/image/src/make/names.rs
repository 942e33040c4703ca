//! Names for life: they follow from a seed that is known before the tree is made, so that the
//! tree's own `/etc/fstab` and the kernel command line can say them.

use formwork_deb::sha256::Sha256;
use formwork_format::guid::Guid;

use crate::disk::derived;

/// The GUID of the disk.
pub(super) fn disk(seed: &Sha256) -> Guid {
    derived(seed, "disk")
}

/// The GUID of a partition.
pub(super) fn partition(seed: &Sha256, name: &str) -> Guid {
    derived(seed, &format!("partition {name}"))
}

/// The UUID of the file system of a partition, as it lies on disk.
pub(super) fn file_system(seed: &Sha256, name: &str) -> Guid {
    Guid::from_bytes(derived(seed, &format!("filesystem {name}")).text_bytes())
}

/// The GUID of a partition as `PARTUUID=` names it: in small letters.
#[must_use]
pub fn partition_uuid(seed: &Sha256, name: &str) -> String {
    text(partition(seed, name))
}

/// The UUID of the file system of a partition as `UUID=` names it; a FAT has a number of its
/// own kind, see [`fat_id`].
#[must_use]
pub fn file_system_uuid(seed: &Sha256, name: &str) -> String {
    text(derived(seed, &format!("filesystem {name}")))
}

/// The number of a FAT file system.
#[must_use]
pub fn fat_id(seed: &Sha256, name: &str) -> u32 {
    let bytes = file_system(seed, name).bytes();
    u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// A GUID in small letters, as Linux tells it.
pub(super) fn text(guid: Guid) -> String {
    guid.to_string().to_ascii_lowercase()
}
