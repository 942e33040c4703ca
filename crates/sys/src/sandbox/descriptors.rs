//! Descriptors: which stay open in a child, and how they are handed to another process.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags,
    SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
};

/// The most descriptors that the kernel passes in one message.
pub(super) const MOST: usize = 250;
/// No packet between the processes of the sandbox is longer.
const PACKET: usize = 64 << 10;

/// Closes every descriptor but those of standard input and output and those named.
///
/// For a child that has just been forked and never returns to what its parent was doing: the
/// owners of the closed descriptors are not there any more.
// There is no safe form of close_range.
#[allow(unsafe_code)]
pub(super) fn close_all_but(kept: &[BorrowedFd]) {
    let mut kept: Vec<u32> = kept
        .iter()
        .filter_map(|one| u32::try_from(one.as_raw_fd()).ok())
        .filter(|number| *number > 2)
        .collect();
    kept.sort_unstable();
    let mut first: u32 = 3;
    for number in kept.into_iter().chain([u32::MAX]) {
        if first < number {
            // SAFETY: the caller promises that no owner of these descriptors runs again.
            unsafe { libc::syscall(libc::SYS_close_range, first, number - 1, 0) };
        }
        first = number.saturating_add(1);
    }
}

/// Two ends of a line of packets.
pub(super) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let ends = rustix::net::socketpair(
        AddressFamily::UNIX,
        SocketType::SEQPACKET,
        SocketFlags::CLOEXEC,
        None,
    )?;
    Ok(ends)
}

/// Sends one packet, with descriptors.
pub(super) fn send(line: impl AsFd, packet: &[u8], handed: &[BorrowedFd]) -> io::Result<()> {
    let packet = &packet[..packet.len().min(PACKET)];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if handed.len() > MOST {
        return Err(io::Error::other("too many descriptors for one message"));
    }
    if !handed.is_empty() {
        ancillary.push(SendAncillaryMessage::ScmRights(handed));
    }
    let content = [IoSlice::new(packet)];
    rustix::io::retry_on_intr(|| {
        rustix::net::sendmsg(&line, &content, &mut ancillary, SendFlags::NOSIGNAL)
    })?;
    Ok(())
}

/// Waits for one packet, with its descriptors; an empty one means that the other side is gone.
pub(super) fn receive(line: impl AsFd) -> io::Result<(Vec<u8>, Vec<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut packet = vec![0; PACKET];
    let message = rustix::io::retry_on_intr(|| {
        let mut content = [IoSliceMut::new(&mut packet)];
        rustix::net::recvmsg(&line, &mut content, &mut ancillary, RecvFlags::CMSG_CLOEXEC)
    })?;
    let mut handed = Vec::new();
    for part in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(descriptors) = part {
            handed.extend(descriptors);
        }
    }
    if message.flags.contains(ReturnFlags::CTRUNC) {
        return Err(io::Error::other("too few free descriptors"));
    }
    packet.truncate(message.bytes);
    Ok((packet, handed))
}

/// Puts something else in the place of standard input.
// The safe form belongs to a feature of rustix that nothing else needs.
#[allow(unsafe_code)]
pub(super) fn replace_input(with: BorrowedFd) -> io::Result<()> {
    // SAFETY: both numbers are open descriptors; the library's handle of standard input owns
    // the number alone, not what is behind it.
    match unsafe { libc::dup2(with.as_raw_fd(), 0) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
