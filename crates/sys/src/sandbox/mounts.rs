//! Mounts by handle: nothing here follows a path that a package could have bent.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountPropagationFlags, MoveMountFlags,
    OpenTreeFlags, UnmountFlags,
};

/// Makes a new file system with the given options, not yet to be seen anywhere.
pub(super) fn new(
    kind: &str,
    options: &[(&str, &str)],
    attributes: MountAttrFlags,
) -> io::Result<OwnedFd> {
    let context = rustix::mount::fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)?;
    for (name, value) in options {
        rustix::mount::fsconfig_set_string(&context, *name, *value)?;
    }
    rustix::mount::fsconfig_create(&context)?;
    let mount = rustix::mount::fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, attributes)?;
    Ok(mount)
}

/// A second view of a directory or file of the host, not yet to be seen anywhere.
pub(super) fn copy(path: &Path) -> io::Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    Ok(rustix::mount::open_tree(CWD, path, flags)?)
}

/// A second view of a directory and all that is mounted below it.
pub(super) fn copy_all(path: &Path) -> io::Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_RECURSIVE;
    Ok(rustix::mount::open_tree(CWD, path, flags)?)
}

/// Lets a mount be seen at a place.
pub(super) fn attach(mount: impl AsFd, place: impl AsFd) -> io::Result<()> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    Ok(rustix::mount::move_mount(mount, "", place, "", flags)?)
}

/// Makes a mount read-only and its set-user-id programs without effect.
pub(super) fn read_only(mount: impl AsFd) -> io::Result<()> {
    set(mount, libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID)
}

/// Makes the device nodes of a mount mere files.
pub(super) fn without_devices(mount: impl AsFd) -> io::Result<()> {
    set(mount, libc::MOUNT_ATTR_NODEV)
}

/// Sets attributes of one mount.
// There is no safe form of mount_setattr yet.
#[allow(unsafe_code)]
fn set(mount: impl AsFd, flags: u64) -> io::Result<()> {
    let attributes = libc::mount_attr {
        attr_set: flags,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    // SAFETY: the path is an empty C string and the structure lives through the call, which
    // only reads it and is told its right size.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_fd().as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    if answer == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Lets no mount or unmount of ours reach the namespace that we come from, nor the other way.
pub(super) fn keep_private() -> io::Result<()> {
    let flags = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    Ok(rustix::mount::mount_change("/", flags)?)
}

/// Makes a mount the root of this process and of its namespace; what was there before is gone.
pub(super) fn pivot(root: impl AsFd) -> io::Result<()> {
    rustix::process::fchdir(&root)?;
    rustix::process::pivot_root(".", ".")?;
    // The old root now lies on top of the new one.
    rustix::mount::unmount(".", UnmountFlags::DETACH)?;
    rustix::process::chdir("/")?;
    Ok(())
}

/// Opens a place beneath a directory as if that were the root: no link leads out of it.
pub(super) fn place(root: impl AsFd, path: &Path) -> io::Result<OwnedFd> {
    let how = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let found =
        rustix::io::retry_on_intr(|| rustix::fs::openat2(&root, path, flags, Mode::empty(), how))?;
    Ok(found)
}

/// Opens a directory that lies directly in another, and makes it first if it is not there.
pub(super) fn directory(parent: impl AsFd, name: &str) -> io::Result<OwnedFd> {
    match rustix::fs::mkdirat(&parent, name, Mode::from_raw_mode(0o755)) {
        Ok(()) | Err(rustix::io::Errno::EXIST) => {}
        Err(error) => return Err(error.into()),
    }
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(&parent, name, flags, Mode::empty())?)
}

/// Makes an empty file that something can be mounted on.
pub(super) fn file(parent: impl AsFd, name: &str) -> io::Result<OwnedFd> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(
        &parent,
        name,
        flags,
        Mode::from_raw_mode(0o644),
    )?)
}

/// Makes an empty file, and the directories above it, in a file system that nobody else sees yet.
pub(super) fn file_below(root: impl AsFd, path: &Path) -> io::Result<OwnedFd> {
    let mut names: Vec<&str> = path.iter().filter_map(|name| name.to_str()).collect();
    let last = names.pop().ok_or(io::ErrorKind::InvalidInput)?;
    let mut place = root.as_fd().try_clone_to_owned()?;
    for name in names {
        place = directory(&place, name)?;
    }
    file(place, last)
}

/// Opens a directory as a place to mount on.
pub(super) fn open(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(CWD, path, flags, Mode::empty())?)
}
