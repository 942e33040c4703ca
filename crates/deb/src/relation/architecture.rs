//! Architectures and their wildcards.
//!
//! dpkg gives each architecture four parts, ABI, C library, system and CPU: `amd64` is
//! `base-gnu-linux-amd64`, `armhf` is `eabihf-gnu-linux-arm`. A wildcard names some of
//! them and says `any` for the others; parts that are left out in front are `any` too.
//! See dpkg-architecture(1) and dpkg's `tupletable`, which the tests compare with.

/// Architectures whose name is not made of system and CPU, with their four parts.
const SPECIAL: [(&str, [&str; 4]); 20] = [
    ("arm64ilp32", ["ilp32", "gnu", "linux", "arm64"]),
    ("armel", ["eabi", "gnu", "linux", "arm"]),
    ("armhf", ["eabihf", "gnu", "linux", "arm"]),
    ("kfreebsd-armhf", ["eabihf", "gnu", "kfreebsd", "arm"]),
    ("mips64", ["abi64", "gnu", "linux", "mips64"]),
    ("mips64el", ["abi64", "gnu", "linux", "mips64el"]),
    ("mips64r6", ["abi64", "gnu", "linux", "mips64r6"]),
    ("mips64r6el", ["abi64", "gnu", "linux", "mips64r6el"]),
    ("mipsn32", ["abin32", "gnu", "linux", "mips64"]),
    ("mipsn32el", ["abin32", "gnu", "linux", "mips64el"]),
    ("mipsn32r6", ["abin32", "gnu", "linux", "mips64r6"]),
    ("mipsn32r6el", ["abin32", "gnu", "linux", "mips64r6el"]),
    ("mint-m68k", ["base", "tos", "mint", "m68k"]),
    ("musl-linux-armhf", ["eabihf", "musl", "linux", "arm"]),
    ("powerpcspe", ["spe", "gnu", "linux", "powerpc"]),
    ("uclibc-linux-armel", ["eabi", "uclibc", "linux", "arm"]),
    ("uclinux-armel", ["eabi", "uclibc", "uclinux", "arm"]),
    ("x32", ["x32", "gnu", "linux", "amd64"]),
    // Not CPUs, so that they have no parts to match a wildcard with.
    ("all", [""; 4]),
    ("source", [""; 4]),
];

/// Prefixes of architecture names, with the C library and the system that they stand for.
const SYSTEMS: [(&str, &str, &str); 15] = [
    ("uclibc-linux-", "uclibc", "linux"),
    ("musl-linux-", "musl", "linux"),
    ("kfreebsd-", "gnu", "kfreebsd"),
    ("knetbsd-", "gnu", "knetbsd"),
    ("kopensolaris-", "gnu", "kopensolaris"),
    ("hurd-", "gnu", "hurd"),
    ("dragonflybsd-", "bsd", "dragonflybsd"),
    ("freebsd-", "bsd", "freebsd"),
    ("openbsd-", "bsd", "openbsd"),
    ("netbsd-", "bsd", "netbsd"),
    ("darwin-", "bsd", "darwin"),
    ("aix-", "sysv", "aix"),
    ("solaris-", "sysv", "solaris"),
    ("uclinux-", "uclibc", "uclinux"),
    ("linux-", "gnu", "linux"),
];

/// Tells whether architecture `arch` is the one that `wildcard` names, or one of them.
pub fn architecture_matches(wildcard: &str, arch: &str) -> bool {
    if wildcard == arch {
        return true;
    }
    let Some(parts) = parts_of(arch) else {
        return false;
    };
    let Some(pattern) = pattern_of(wildcard) else {
        return false;
    };
    pattern
        .iter()
        .zip(parts)
        .all(|(wanted, part)| *wanted == "any" || *wanted == part)
}

fn pattern_of(wildcard: &str) -> Option<[&str; 4]> {
    if !wildcard.split('-').any(|part| part == "any") {
        return parts_of(wildcard);
    }
    let mut pattern = ["any"; 4];
    let count = wildcard.split('-').count();
    let first = 4usize.checked_sub(count)?;
    for (slot, part) in pattern[first..].iter_mut().zip(wildcard.split('-')) {
        *slot = part;
    }
    Some(pattern)
}

fn parts_of(arch: &str) -> Option<[&str; 4]> {
    if let Some((_, parts)) = SPECIAL.iter().find(|(name, _)| *name == arch) {
        return (!parts[0].is_empty()).then_some(*parts);
    }
    for (prefix, library, system) in SYSTEMS {
        if let Some(cpu) = arch.strip_prefix(prefix) {
            return is_cpu(cpu).then_some(["base", library, system, cpu]);
        }
    }
    is_cpu(arch).then_some(["base", "gnu", "linux", arch])
}

/// A CPU is taken by its form, not from a list, so that a new port works at once.
fn is_cpu(text: &str) -> bool {
    !text.is_empty() && text != "any" && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
