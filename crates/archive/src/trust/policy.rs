//! When a key of a certificate is fit to sign: self-signatures, bindings, flags, expiry,
//! revocation and strength. The rules are listed at the top of [`super`].

use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{PublicSubkey, RevocationCode, Signature, SignatureType, SubpacketData, UserId};
use pgp::ser::Serialize;
use pgp::types::{KeyDetails, KeyVersion, PublicParams, Tag};

use super::keyring::{Certificate, Component};
use super::{CLOCK_SKEW_SECONDS, Policy};

/// The smallest RSA or DSA modulus that counts.
const MIN_MODULUS_BITS: u16 = 2048;

/// Why a signature does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The signature names a key that no keyring holds.
    #[error("the key is in none of the keyrings")]
    UnknownKey,
    /// The mathematics say no: the text or the signature was changed.
    #[error("it does not match the text (changed after it was signed?)")]
    Bad,
    /// The kind or version of the signature does not sign documents.
    #[error("{0}")]
    Kind(String),
    /// The hash algorithm can be forged or is unknown.
    #[error("it uses the hash {0}, which is not safe")]
    WeakHash(String),
    /// The signature carries no date.
    #[error("it carries no date")]
    Undated,
    /// The signature's date lies in the future.
    #[error("it is dated {0}, in the future (is this machine's clock right?)")]
    FromFuture(String),
    /// The signature has an end date, which has passed.
    #[error("it expired on {0}")]
    Expired(String),
    /// The signature marks something as critical that we do not know.
    #[error("it carries a critical remark that is not understood")]
    Critical,
    /// The key is too short or of a kind that is no longer safe.
    #[error("the key is too weak: {0}")]
    WeakKey(String),
    /// The certificate carries no valid self-signature or binding.
    #[error("{0}")]
    NotBound(String),
    /// The key's flags do not allow signing.
    #[error("the key is not meant for signing")]
    NotForSigning,
    /// The key was revoked.
    #[error("the key was revoked ({0})")]
    Revoked(String),
    /// The key has expired.
    #[error("the key expired on {0}")]
    KeyExpired(String),
    /// The signature is older than the key.
    #[error("it is dated before the key was made")]
    OlderThanKey,
}

/// A key that is fit to sign at the time asked for.
pub(super) struct Standing {
    pub(super) user_id: String,
    /// Whether it has expired since, which the policy allowed.
    pub(super) expired: bool,
}

/// Judges whether `which` key of the certificate was fit to sign at the time `made`.
pub(super) fn judge(
    certificate: &Certificate,
    which: Component,
    made: i64,
    policy: &Policy,
) -> Result<Standing, Refusal> {
    let checker = Checker {
        certificate,
        made,
        policy,
    };
    let primary = checker.primary()?;
    match which {
        Component::Primary => {
            strong(certificate.primary.public_params())?;
            if !primary.may_sign {
                return Err(Refusal::NotForSigning);
            }
            Ok(Standing {
                user_id: primary.user_id,
                expired: primary.expired,
            })
        }
        Component::Subkey(index) => {
            let (key, signatures) = certificate.subkey(index).ok_or(Refusal::UnknownKey)?;
            let expired = checker.subkey(key, signatures)?;
            Ok(Standing {
                user_id: primary.user_id,
                expired: primary.expired || expired,
            })
        }
    }
}

struct Checker<'a> {
    certificate: &'a Certificate,
    /// When the signature in question was made.
    made: i64,
    policy: &'a Policy,
}

struct Primary {
    user_id: String,
    may_sign: bool,
    expired: bool,
}

/// The newest valid self-signature on one user id.
struct UserBinding<'a> {
    user: &'a UserId,
    signature: &'a Signature,
}

impl Checker<'_> {
    fn primary(&self) -> Result<Primary, Refusal> {
        let key = &self.certificate.primary;
        supported_version(key.version())?;
        self.not_revoked(&self.certificate.revocations, |signature| {
            signature.verify_key(key).is_ok()
        })?;
        let user = self.newest_user();
        let direct = self.newest(&self.certificate.direct, is_direct, |signature| {
            signature.verify_key(key).is_ok()
        });
        if user.is_none() && direct.is_none() {
            return Err(Refusal::NotBound(
                "the key carries no valid self-signature".to_owned(),
            ));
        }
        // The user id's self-signature speaks first; direct-key signatures of version 4 keys
        // often carry nothing but a revoker.
        let said: Vec<&Signature> = user.iter().map(|one| one.signature).chain(direct).collect();
        let lifetime = said
            .iter()
            .find_map(|signature| signature.key_expiration_time());
        let expired = self.in_its_life(key, lifetime.map_or(0, |time| time.as_secs()))?;
        let flags = said.iter().find(|signature| has_flags(signature));
        // Keys from before key flags existed may sign.
        let may_sign = flags.is_none_or(|signature| signature.key_flags().sign());
        let user_id = user.map_or_else(String::new, |one| printable(one.user.id()));
        Ok(Primary {
            user_id,
            may_sign,
            expired,
        })
    }

    fn subkey(&self, key: &PublicSubkey, signatures: &[Signature]) -> Result<bool, Refusal> {
        let primary = &self.certificate.primary;
        supported_version(key.version())?;
        strong(key.public_params())?;
        let verifies =
            |signature: &Signature| signature.verify_subkey_binding(primary, key).is_ok();
        let revocations: Vec<Signature> = signatures
            .iter()
            .filter(|one| one.typ() == Some(SignatureType::SubkeyRevocation))
            .cloned()
            .collect();
        self.not_revoked(&revocations, verifies)?;
        let is_binding = |kind| kind == SignatureType::SubkeyBinding;
        let binding = self
            .newest(signatures, is_binding, verifies)
            .ok_or_else(|| Refusal::NotBound("no valid signature binds the subkey".to_owned()))?;
        if !binding.key_flags().sign() {
            return Err(Refusal::NotForSigning);
        }
        // Without it anybody could adopt another's signing key as a subkey.
        let signed_back = binding.embedded_signature().is_some_and(|back| {
            self.sound(back) && back.verify_primary_key_binding(key, primary).is_ok()
        });
        if !signed_back {
            return Err(Refusal::NotBound(
                "the subkey has not signed back".to_owned(),
            ));
        }
        self.in_its_life(
            key,
            binding
                .key_expiration_time()
                .map_or(0, |time| time.as_secs()),
        )
    }

    /// The binding of the user id that is marked as primary, else of the newest.
    fn newest_user(&self) -> Option<UserBinding<'_>> {
        let mut best: Option<UserBinding<'_>> = None;
        for (user, signatures) in &self.certificate.users {
            let Some(signature) = self.user_binding(user, signatures) else {
                continue;
            };
            let rank = |one: &Signature| (one.is_primary(), seconds(one));
            if best
                .as_ref()
                .is_none_or(|known| rank(known.signature) < rank(signature))
            {
                best = Some(UserBinding { user, signature });
            }
        }
        best
    }

    fn user_binding<'s>(
        &self,
        user: &UserId,
        signatures: &'s [Signature],
    ) -> Option<&'s Signature> {
        let key = &self.certificate.primary;
        let verifies = |signature: &Signature| {
            signature
                .verify_certification(key, Tag::UserId, user)
                .is_ok()
        };
        let binding = self.newest(signatures, is_certification, verifies)?;
        let revoked = signatures.iter().any(|one| {
            one.typ() == Some(SignatureType::CertRevocation)
                && seconds(one) >= seconds(binding)
                && self.by_primary(one)
                && verifies(one)
        });
        (!revoked).then_some(binding)
    }

    /// The newest signature of the wanted kind by the primary key that is sound and verifies.
    fn newest<'s>(
        &self,
        signatures: &'s [Signature],
        wanted: impl Fn(SignatureType) -> bool,
        verifies: impl Fn(&Signature) -> bool,
    ) -> Option<&'s Signature> {
        let mut candidates: Vec<&Signature> = signatures
            .iter()
            .filter(|one| one.typ().is_some_and(&wanted) && self.by_primary(one) && self.sound(one))
            .collect();
        candidates.sort_by_key(|one| std::cmp::Reverse(seconds(one)));
        candidates.into_iter().find(|one| verifies(one))
    }

    fn by_primary(&self, signature: &Signature) -> bool {
        let fingerprints = signature.issuer_fingerprint();
        if fingerprints.is_empty() {
            return signature
                .issuer_key_id()
                .contains(&&self.certificate.primary.legacy_key_id());
        }
        fingerprints.contains(&&self.certificate.primary.fingerprint())
    }

    fn sound(&self, signature: &Signature) -> bool {
        sound(signature, self.policy).is_ok()
    }

    /// Revocations count whatever their hash or date, so that none is lost by our own strictness.
    fn not_revoked(
        &self,
        revocations: &[Signature],
        verifies: impl Fn(&Signature) -> bool,
    ) -> Result<(), Refusal> {
        for revocation in revocations.iter().filter(|one| self.by_primary(one)) {
            let soft = match revocation.revocation_reason_code() {
                Some(RevocationCode::KeySuperseded) => Some("superseded"),
                Some(RevocationCode::KeyRetired) => Some("retired"),
                _ => None,
            };
            let applies = soft.is_none() || seconds(revocation) <= self.made;
            if applies && verifies(revocation) {
                return Err(Refusal::Revoked(
                    soft.unwrap_or("no longer trusted").to_owned(),
                ));
            }
        }
        Ok(())
    }

    /// Checks the key's time of validity; the answer says whether it has ended by now.
    fn in_its_life(&self, key: &impl KeyDetails, lifetime: u32) -> Result<bool, Refusal> {
        let created = i64::from(key.created_at().as_secs());
        if self.made < created {
            return Err(Refusal::OlderThanKey);
        }
        if lifetime == 0 {
            return Ok(false);
        }
        let end = created + i64::from(lifetime);
        let expired = self.policy.reference.0 >= end;
        if self.made >= end || (expired && !self.policy.accept_expired_keys) {
            return Err(Refusal::KeyExpired(date(end)));
        }
        Ok(expired)
    }
}

/// Checks what any signature must fulfil, whatever it signs; returns when it was made.
pub(super) fn sound(signature: &Signature, policy: &Policy) -> Result<i64, Refusal> {
    let config = signature
        .config()
        .ok_or_else(|| Refusal::Kind("a signature of an unknown version".to_owned()))?;
    match config.hash_alg {
        HashAlgorithm::Sha256
        | HashAlgorithm::Sha384
        | HashAlgorithm::Sha512
        | HashAlgorithm::Sha3_256
        | HashAlgorithm::Sha3_512 => {}
        weak => return Err(Refusal::WeakHash(weak.to_string())),
    }
    let made = signature
        .created()
        .map(|time| i64::from(time.as_secs()))
        .ok_or(Refusal::Undated)?;
    if made > policy.now.0 + CLOCK_SKEW_SECONDS {
        return Err(Refusal::FromFuture(date(made)));
    }
    let lifetime = signature
        .signature_expiration_time()
        .map_or(0, |time| i64::from(time.as_secs()));
    if lifetime != 0 && policy.reference.0 >= made + lifetime {
        return Err(Refusal::Expired(date(made + lifetime)));
    }
    let unknown_and_critical = config.hashed_subpackets().any(|one| {
        one.is_critical
            && matches!(
                one.data,
                SubpacketData::Other(..)
                    | SubpacketData::Experimental(..)
                    | SubpacketData::Notation(_)
            )
    });
    if unknown_and_critical {
        Err(Refusal::Critical)
    } else {
        Ok(made)
    }
}

fn is_direct(kind: SignatureType) -> bool {
    kind == SignatureType::Key
}

fn is_certification(kind: SignatureType) -> bool {
    matches!(
        kind,
        SignatureType::CertGeneric
            | SignatureType::CertPersona
            | SignatureType::CertCasual
            | SignatureType::CertPositive
    )
}

fn has_flags(signature: &Signature) -> bool {
    signature.config().is_some_and(|config| {
        config
            .hashed_subpackets()
            .any(|one| matches!(one.data, SubpacketData::KeyFlags(_)))
    })
}

fn seconds(signature: &Signature) -> i64 {
    signature
        .created()
        .map_or(0, |time| i64::from(time.as_secs()))
}

fn supported_version(version: KeyVersion) -> Result<(), Refusal> {
    match version {
        KeyVersion::V4 | KeyVersion::V6 => Ok(()),
        other => Err(Refusal::WeakKey(format!("a key of version {other:?}"))),
    }
}

/// Checks the size of the key; elliptic curves that the library knows are all strong enough.
pub(super) fn strong(params: &PublicParams) -> Result<(), Refusal> {
    let name = match params {
        PublicParams::RSA(_) => "RSA",
        PublicParams::DSA(_) => "DSA",
        PublicParams::Unknown { .. } => {
            return Err(Refusal::WeakKey(
                "an unknown public-key algorithm".to_owned(),
            ));
        }
        _ => return Ok(()),
    };
    // On the wire both begin with the modulus, which begins with its length in bits.
    let mut wire = Vec::new();
    let bits = match params.to_writer(&mut wire) {
        Ok(()) => wire
            .first_chunk::<2>()
            .map_or(0, |head| u16::from_be_bytes(*head)),
        Err(_) => 0,
    };
    if bits < MIN_MODULUS_BITS {
        return Err(Refusal::WeakKey(format!("{name} of {bits} bits")));
    }
    Ok(())
}

/// The key itself, behind one type for primary keys and subkeys.
pub(super) struct AnyKey<'a> {
    pub(super) certificate: &'a Certificate,
    pub(super) which: Component,
}

impl AnyKey<'_> {
    /// Checks the mathematics of a signature over `data` by this key.
    pub(super) fn verifies(&self, signature: &Signature, data: &[u8]) -> bool {
        match self.which {
            Component::Primary => signature.verify(&self.certificate.primary, data).is_ok(),
            Component::Subkey(index) => self
                .certificate
                .subkey(index)
                .is_some_and(|(key, _)| signature.verify(key, data).is_ok()),
        }
    }
}

/// A user id for people: control characters cannot reach the terminal.
fn printable(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .filter(|one| !one.is_control())
        .collect()
}

pub(super) fn date(seconds: i64) -> String {
    formwork_deb::time::Timestamp(seconds).to_string()
}
