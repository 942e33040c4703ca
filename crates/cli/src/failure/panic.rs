//! A fault of ours: what to say when Formwork panics.

use std::panic::PanicHookInfo;

/// Replaces the standard message by a short one that asks for a report.
pub(crate) fn install() {
    std::panic::set_hook(Box::new(|info| {
        // Nobody is left to be told that standard error cannot be written.
        let _ = std::io::Write::write_all(&mut std::io::stderr().lock(), message(info).as_bytes());
    }));
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
