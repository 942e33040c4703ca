//! What the super-user of a tree may still do: what maintainer scripts need and no more.

use rustix::thread::{CapabilitySet, CapabilitySets};

/// Owners, modes and numbers of users, capabilities of files, low ports, chroot.
///
/// Not DAC_READ_SEARCH, which opens files of the host's disk by their number; nor MKNOD,
/// SYS_ADMIN and all the others that reach the kernel or a device.
fn kept() -> CapabilitySet {
    CapabilitySet::CHOWN
        | CapabilitySet::DAC_OVERRIDE
        | CapabilitySet::FOWNER
        | CapabilitySet::FSETID
        | CapabilitySet::KILL
        | CapabilitySet::SETGID
        | CapabilitySet::SETUID
        | CapabilitySet::SETPCAP
        | CapabilitySet::SETFCAP
        | CapabilitySet::NET_BIND_SERVICE
        | CapabilitySet::SYS_CHROOT
}

/// Gives up all other capabilities, for this process and for all that it starts.
pub(super) fn give_up() -> rustix::io::Result<()> {
    for number in 0..64 {
        let one = CapabilitySet::from_bits_retain(1 << number);
        if kept().contains(one) {
            continue;
        }
        match rustix::thread::remove_capability_from_bounding_set(one) {
            Ok(()) => {}
            // The first number that this kernel does not know.
            Err(rustix::io::Errno::INVAL) => break,
            Err(error) => return Err(error),
        }
    }
    let now = rustix::thread::capabilities(None)?;
    let left = now.permitted & kept();
    rustix::thread::set_capabilities(
        None,
        CapabilitySets {
            effective: left,
            permitted: left,
            inheritable: CapabilitySet::empty(),
        },
    )
}
