//! A fault of ours: what to say when Formwork panics, and with which code to end.

use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};

use super::Code;

/// Replaces the standard message by a short one that asks for a report.
pub(crate) fn install() {
    std::panic::set_hook(Box::new(|info| {
        // Nobody is left to be told that standard error cannot be written.
        let _ = std::io::Write::write_all(&mut std::io::stderr().lock(), message(info).as_bytes());
    }));
}

/// Runs the program; a panic ends it as a fault of ours.
pub(crate) fn guarded(run: impl FnOnce() -> Code) -> Code {
    // Nothing of what the program held is looked at again.
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Code::Fault)
}

/// The page for one panic.
fn message(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let what = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    format!(
        "error: this is a fault of formwork: {what}\n  at    {place} (version {})\n  try   please report it with the command line; nothing was half written\n",
        env!("CARGO_PKG_VERSION")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_fault_of_ours() {
        assert_eq!(guarded(|| Code::No), Code::No);
        assert_eq!(guarded(|| panic!("a bug")), Code::Fault);
    }
}
