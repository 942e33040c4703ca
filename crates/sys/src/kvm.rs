//! Whether this machine can run guests of its own kind at full speed.
//!
//! The device node alone says little: it is there where the processor's help is missing or
//! belongs to a machine around this one, and behind it a virtual processor may not start. Some
//! kernels start one that is not the processor's own doing: each instruction is acted out, far
//! slower than QEMU's own emulation. So a virtual machine with one page of memory is made, and
//! its processor counts to a large number and adds two small ones, in the time that one needs
//! that is real.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use memmap2::{MmapMut, MmapOptions};

/// The device.
const DEVICE: &str = "/dev/kvm";
/// How long the answer may take, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(5);
/// How much of our time the guest's half a million instructions may take. A real processor
/// needs less than a millisecond.
const BUDGET: Duration = Duration::from_millis(20);
/// Where the guest's one page of memory lies.
const PAGE: u64 = 0x1000;
/// The two numbers, and what becomes of them.
const NUMBERS: (u64, u64) = (38, 4);

/// Requests to the device, see `linux/kvm.h`.
mod request {
    pub(super) const API_VERSION: u64 = 0xae00;
    pub(super) const CREATE_MACHINE: u64 = 0xae01;
    pub(super) const RUN_SIZE: u64 = 0xae04;
    pub(super) const CREATE_PROCESSOR: u64 = 0xae41;
    pub(super) const SET_MEMORY: u64 = 0x4020_ae46;
    pub(super) const RUN: u64 = 0xae80;
}

/// Where in the page shared with the kernel stands what.
mod shared {
    pub(super) const REASON: usize = 8;
    pub(super) const DETAILS: usize = 32;
}

/// Tells whether guests can be run by this machine's own processor.
///
/// # Errors
/// The reason why not.
pub fn probe() -> Result<(), String> {
    let (answer, asked) = mpsc::channel();
    // A processor that never comes back is left behind; it ends with us.
    thread::spawn(move || answer.send(try_out()));
    match asked.recv_timeout(PATIENCE) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("its processor does not answer".to_owned()),
    }
}

fn try_out() -> io::Result<()> {
    let device = File::options().read(true).write(true).open(DEVICE);
    let device = OwnedFd::from(device.map_err(|error| with(DEVICE, error))?);
    if ask(&device, request::API_VERSION, 0)? != 12 {
        return Err(io::Error::other("it speaks another language than ours"));
    }
    let machine = made(ask(&device, request::CREATE_MACHINE, 0))
        .map_err(|error| with("no machine", error))?;
    let mut memory = MmapMut::map_anon(PAGE as usize)?;
    memory[..processor::CODE.len()].copy_from_slice(processor::CODE);
    // Slot, flags; address and size in the guest; address here.
    let region = [0, PAGE, PAGE, memory.as_mut_ptr() as u64];
    tell(&machine, request::SET_MEMORY, &region)?;
    let cpu = made(ask(&machine, request::CREATE_PROCESSOR, 0))
        .map_err(|error| with("no processor", error))?;
    let size = usize::try_from(ask(&device, request::RUN_SIZE, 0)?).unwrap_or(0);
    let run = share(&cpu, size)?;
    processor::set_up(&machine, &cpu)?;
    let begun = time_used();
    ask(&cpu, request::RUN, 0).map_err(|error| with("its processor does not run", error))?;
    let used = time_used().saturating_sub(begun);
    if used > BUDGET {
        return Err(io::Error::other(format!(
            "its processor is acted out: {} ms for half a million instructions",
            used.as_millis()
        )));
    }
    let sum = processor::sum(&run);
    if sum == Some((NUMBERS.0 + NUMBERS.1) as u8) {
        return Ok(());
    }
    let reason = run.get(shared::REASON).copied().unwrap_or(0);
    Err(io::Error::other(format!(
        "its processor stops for reason {reason}"
    )))
}

/// How much time of a processor this thread has used, its guest's included.
#[allow(unsafe_code)]
fn time_used() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the call fills the structure that it is given; this clock always exists.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Puts what was tried to an error.
fn with(what: &str, error: io::Error) -> io::Error {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    io::Error::new(error.kind(), format!("{what}: {text}"))
}

/// Asks for something that is a number.
#[allow(unsafe_code)]
fn ask(handle: &OwnedFd, request: u64, value: u64) -> io::Result<i32> {
    // SAFETY: these requests take a number and touch no memory of ours, apart from the page
    // shared for RUN and the guest's own page, which both outlive the call.
    let answer = unsafe { libc::ioctl(handle.as_raw_fd(), request as _, value) };
    if answer < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(answer)
}

/// Hands a structure over, as numbers in the order of its fields, or has it filled.
#[allow(unsafe_code)]
fn pass<T>(handle: &OwnedFd, request: u64, structure: *mut T) -> io::Result<()> {
    // The size of what is read or written is part of the request.
    let size = (request >> 16 & 0x3fff) as usize;
    assert_eq!(size, size_of::<T>(), "the structure fits the request");
    // SAFETY: the kernel reads and writes as many bytes as the request says, and the pointer
    // comes from a reference to that many.
    let answer = unsafe { libc::ioctl(handle.as_raw_fd(), request as _, structure) };
    if answer < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

fn tell<T: Copy>(handle: &OwnedFd, request: u64, structure: &T) -> io::Result<()> {
    let mut copy = *structure;
    pass(handle, request, &raw mut copy)
}

/// A new descriptor.
#[allow(unsafe_code)]
fn made(number: io::Result<i32>) -> io::Result<OwnedFd> {
    // SAFETY: the kernel has just made it, and nobody else has it.
    number.map(|number| unsafe { OwnedFd::from_raw_fd(number) })
}

/// The page that tells why the processor has stopped.
#[allow(unsafe_code)]
fn share(cpu: &OwnedFd, size: usize) -> io::Result<MmapMut> {
    // SAFETY: the kernel writes to it only while RUN runs, and nobody reads it meanwhile.
    unsafe { MmapOptions::new().len(size).map_mut(cpu) }
}

/// A processor of the AMD64 kind begins in 16-bit mode, counts, adds, and writes the sum to a port.
#[cfg(target_arch = "x86_64")]
mod processor {
    use super::{MmapMut, NUMBERS, OwnedFd, PAGE, io, pass, shared, tell};

    /// `mov ecx, 0x40000`; `dec ecx`; `jnz -4`; `add al, bl`; `out 0x10, al`; `hlt`.
    pub(super) const CODE: &[u8] = &[
        0x66, 0xb9, 0x00, 0x00, 0x04, 0x00, 0x66, 0x49, 0x75, 0xfc, 0x00, 0xd8, 0xe6, 0x10, 0xf4,
    ];
    const SET_REGISTERS: u64 = 0x4090_ae82;
    const GET_SEGMENTS: u64 = 0x8138_ae83;
    const SET_SEGMENTS: u64 = 0x4138_ae84;
    const STOPPED_FOR_PORT: u8 = 2;

    pub(super) fn set_up(_machine: &OwnedFd, cpu: &OwnedFd) -> io::Result<()> {
        let mut segments = [0_u64; 39];
        pass(cpu, GET_SEGMENTS, &raw mut segments)?;
        // The code segment comes first: its base, then limit (32 bits) and selector (16).
        segments[0] = 0;
        segments[1] &= 0xffff_0000_ffff_ffff;
        tell(cpu, SET_SEGMENTS, &segments)?;
        let mut registers = [0_u64; 18];
        (registers[0], registers[1]) = NUMBERS;
        // The instruction pointer, and the flag that is always on.
        (registers[16], registers[17]) = (PAGE, 2);
        tell(cpu, SET_REGISTERS, &registers)
    }

    pub(super) fn sum(run: &MmapMut) -> Option<u8> {
        if *run.get(shared::REASON)? != STOPPED_FOR_PORT {
            return None;
        }
        // Direction and size (1 byte each), port (2), count (4), place of the data (8).
        let place = run.get(shared::DETAILS + 8..shared::DETAILS + 16)?;
        let place = u64::from_le_bytes(place.try_into().ok()?);
        run.get(usize::try_from(place).ok()?).copied()
    }
}

/// A processor of the ARM64 kind counts, adds, and writes the sum to where there is no memory.
#[cfg(target_arch = "aarch64")]
mod processor {
    use super::{MmapMut, NUMBERS, OwnedFd, PAGE, io, pass, shared, tell};

    /// `movz x4, #4, lsl #16`; `subs x4, x4, #1`; `b.ne -4`; `add x0, x1, x2`; `str w0, [x3]`.
    pub(super) const CODE: &[u8] = &[
        0x84, 0x00, 0xa0, 0xd2, 0x84, 0x04, 0x00, 0xf1, 0xe1, 0xff, 0xff, 0x54, 0x20, 0x00, 0x02,
        0x8b, 0x60, 0x00, 0x00, 0xb9,
    ];
    const PREFERRED_KIND: u64 = 0x8020_aeaf;
    const BECOME: u64 = 0x4020_aeae;
    const SET_REGISTER: u64 = 0x4010_aeac;
    const STOPPED_FOR_MEMORY: u8 = 6;
    /// The first general register of 64 bits; each counts twice.
    const REGISTER: u64 = 0x6030_0000_0010_0000;
    const PROGRAM_COUNTER: u64 = REGISTER + 64;
    const NOWHERE: u64 = 0x10_0000;

    pub(super) fn set_up(machine: &OwnedFd, cpu: &OwnedFd) -> io::Result<()> {
        let mut kind = [0_u64; 4];
        pass(machine, PREFERRED_KIND, &raw mut kind)?;
        tell(cpu, BECOME, &kind)?;
        let values = [
            (REGISTER + 2, NUMBERS.0),
            (REGISTER + 4, NUMBERS.1),
            (REGISTER + 6, NOWHERE),
            (PROGRAM_COUNTER, PAGE),
        ];
        for (register, value) in values {
            tell(cpu, SET_REGISTER, &[register, &raw const value as u64])?;
        }
        Ok(())
    }

    pub(super) fn sum(run: &MmapMut) -> Option<u8> {
        if *run.get(shared::REASON)? != STOPPED_FOR_MEMORY {
            return None;
        }
        // The address (8 bytes), then the data.
        run.get(shared::DETAILS + 8).copied()
    }
}

/// For processors of other kinds we do not ask.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod processor {
    use super::{MmapMut, OwnedFd, io};

    pub(super) const CODE: &[u8] = &[];

    pub(super) fn set_up(_machine: &OwnedFd, _cpu: &OwnedFd) -> io::Result<()> {
        Err(io::Error::other("not asked for on this kind of processor"))
    }

    pub(super) fn sum(_run: &MmapMut) -> Option<u8> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_comes_with_a_reason_and_in_time() {
        // What it is depends on the machine; that it comes does not.
        match probe() {
            Ok(()) => assert!(std::path::Path::new(DEVICE).exists()),
            Err(reason) => {
                println!("{reason}");
                assert!(!reason.is_empty() && !reason.contains("os error"));
            }
        }
    }
}
