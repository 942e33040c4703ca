//! Who signed this? OpenPGP verification of Debian's `InRelease`, and of `Release` with
//! `Release.gpg`, under a policy of our own.
//!
//! The library beneath (`pgp`) checks the mathematics of one signature by one key and nothing
//! else; what makes a key fit to sign is decided here:
//!
//! * A signature counts when its hash is SHA-256 or stronger, its date is neither missing nor
//!   in the future, it has not expired, and it marks nothing critical that we do not know.
//! * It is matched to a key by the issuer's fingerprint; by key id only when it names no
//!   fingerprint.
//! * The key must be a primary key, or a subkey bound by the newest valid binding signature,
//!   whose flags say "may sign"; a subkey must also have signed back to its primary key.
//! * The primary key must carry a valid self-signature; the newest one decides on expiry and
//!   flags. Signatures by other people on a certificate are ignored.
//! * A revocation for compromise, or without a reason, voids all signatures ever made; one
//!   that says "superseded" or "retired" only those made after it. Only the key's own revocations
//!   are known; those by a designated revoker are not.
//! * RSA and DSA keys need 2048 bits. Self-signatures obey the same hash policy, so Debian's
//!   keys up to squeeze (SHA-1) cannot be used.
//! * A key that has expired by the time at which we judge (see [`Policy::reference`]) but
//!   signed while it was valid counts only when [`Policy::accept_expired_keys`] says so; the
//!   signer is then marked. A signature made after its key had expired never counts.
//!
//! One good signature by a trusted key suffices, which is Debian's rule; the others are
//! reported with the reason why they do not count.

mod armour;
mod cleartext;
mod keyring;
mod names;
mod policy;
mod signature;

#[cfg(test)]
mod forge;
#[cfg(test)]
mod tests;

use std::fmt;

use formwork_deb::time::Timestamp;

pub use keyring::Keyring;
pub use names::{KeyringSource, load_keyrings};
pub use policy::Refusal;

/// A Release file and its signatures are small; more than this is an attack.
const MAX_SIGNED_BYTES: usize = 64 << 20;
/// More signatures than this on one document are an attack.
const MAX_SIGNATURES: usize = 32;
/// How far a clock may be behind before a signature or a Release counts as "from the future".
pub const CLOCK_SKEW_SECONDS: i64 = 6 * 3600;

/// The times and allowances under which signatures are judged.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// The present: nothing may be signed after it (but for some hours of skew).
    pub now: Timestamp,
    /// The time at which keys and signatures must not have expired: the present for a live
    /// repository, the asked date for one with `at = …`.
    pub reference: Timestamp,
    /// Whether a key that has expired since it signed still counts.
    pub accept_expired_keys: bool,
}

/// A key that made a good signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// Fingerprint of the key or subkey that signed, in upper-case hexadecimal.
    pub fingerprint: String,
    /// Fingerprint of the certificate's primary key.
    pub certificate: String,
    /// The certificate's user id, with control characters removed.
    pub user_id: String,
    /// When the signature says that it was made.
    pub signed: Timestamp,
    /// Whether the key has expired since, and counts only by an explicit allowance.
    pub key_expired: bool,
}

/// A signature that does not count, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedSignature {
    /// The issuer as the signature names it: a fingerprint, a key id or `unknown`.
    pub issuer: String,
    /// Why it does not count.
    pub reason: Refusal,
}

impl fmt::Display for RefusedSignature {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "by {}: {}", self.issuer, self.reason)
    }
}

/// A text that at least one trusted key signed.
#[derive(Clone, Debug)]
pub struct SignedText {
    text: String,
    signers: Vec<Signer>,
    refused: Vec<RefusedSignature>,
}

impl SignedText {
    /// The text that was signed, and nothing around it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Who signed, in the order of the signatures; never empty.
    #[must_use]
    pub fn signers(&self) -> &[Signer] {
        &self.signers
    }

    /// The signatures that do not count.
    #[must_use]
    pub fn refused(&self) -> &[RefusedSignature] {
        &self.refused
    }
}

/// Why a document is not believed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The clear-signed message is not one, or not only one.
    #[error("not a proper clear-signed message: {0}")]
    Framing(String),
    /// The signature data cannot be read.
    #[error("unreadable OpenPGP data: {0}")]
    Unreadable(String),
    /// No signature counts.
    #[error("no good signature by a key of {keyrings}{}", list(.refused))]
    NoGoodSignature {
        /// The keyrings that were consulted.
        keyrings: String,
        /// Each signature and why it does not count.
        refused: Vec<RefusedSignature>,
    },
    /// A keyring cannot be used.
    #[error("keyring {name}: {reason}")]
    Keyring {
        /// The keyring's name or path.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}

fn list(refused: &[RefusedSignature]) -> String {
    if refused.is_empty() {
        return " (it carries no signature at all)".to_owned();
    }
    refused
        .iter()
        .map(|one| format!("\n  signature {one}"))
        .collect()
}

/// Verifies a clear-signed document such as `InRelease`.
pub fn verify_inline(
    bytes: &[u8],
    keyring: &Keyring,
    policy: &Policy,
) -> Result<SignedText, TrustError> {
    let message = cleartext::parse(bytes)?;
    let signatures = armour::signatures(message.signature_block.as_bytes())?;
    // What is hashed is exactly what is handed on: `text` with its line ends made CR LF by the
    // hashing, without the final line end, which belongs to the armour.
    let hashed = message.text.strip_suffix('\n').unwrap_or(&message.text);
    let judge = signature::Judge {
        keyring,
        policy,
        clear_text: true,
    };
    let (signers, refused) = judge.all(&signatures, hashed.as_bytes());
    finish(message.text, signers, refused, keyring)
}

/// Verifies a document with its signatures in another file, such as `Release` and `Release.gpg`.
pub fn verify_detached(
    content: &[u8],
    signature_file: &[u8],
    keyring: &Keyring,
    policy: &Policy,
) -> Result<SignedText, TrustError> {
    if content.len() > MAX_SIGNED_BYTES {
        return Err(TrustError::Framing(format!(
            "it is larger than {MAX_SIGNED_BYTES} bytes"
        )));
    }
    let text = cleartext::plain_text(content)?.to_owned();
    // A signature over text hashes all line ends alike: with another one in its place, a line
    // could be hidden from the reader and still be "signed".
    if text.contains('\r') {
        return Err(TrustError::Framing("it has a carriage return".to_owned()));
    }
    let signatures = armour::signatures(signature_file)?;
    let judge = signature::Judge {
        keyring,
        policy,
        clear_text: false,
    };
    let (signers, refused) = judge.all(&signatures, content);
    finish(text, signers, refused, keyring)
}

fn finish(
    text: String,
    signers: Vec<Signer>,
    refused: Vec<RefusedSignature>,
    keyring: &Keyring,
) -> Result<SignedText, TrustError> {
    if signers.is_empty() {
        return Err(TrustError::NoGoodSignature {
            keyrings: keyring.names().to_owned(),
            refused,
        });
    }
    Ok(SignedText {
        text,
        signers,
        refused,
    })
}
