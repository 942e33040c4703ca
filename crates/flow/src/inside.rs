//! The rooms of this program that run in the sandbox.

use formwork_rootfs::inside;
use formwork_sys::sandbox;

/// Must be the first thing in `main`: a process that is an inside never returns from it.
pub fn dispatch() {
    sandbox::dispatch(&[(inside::ROOM, inside::main)]);
}
