//! Judging the signatures of one document.

use formwork_deb::time::Timestamp;
use pgp::packet::{Signature, SignatureType};

use super::policy::{self, AnyKey, Refusal};
use super::{Keyring, Policy, RefusedSignature, Signer};

/// What all signatures of one document have in common.
pub(super) struct Judge<'a> {
    pub(super) keyring: &'a Keyring,
    pub(super) policy: &'a Policy,
    /// Whether the document is clear-signed, which allows signatures over text only.
    pub(super) clear_text: bool,
}

impl Judge<'_> {
    /// Judges every signature over `data`.
    pub(super) fn all(
        &self,
        signatures: &[Signature],
        data: &[u8],
    ) -> (Vec<Signer>, Vec<RefusedSignature>) {
        let mut good = Vec::new();
        let mut refused = Vec::new();
        for signature in signatures {
            match self.one(signature, data) {
                Ok(signer) => good.push(signer),
                Err(reason) => refused.push(RefusedSignature {
                    issuer: issuer(signature),
                    reason,
                }),
            }
        }
        (good, refused)
    }

    fn one(&self, signature: &Signature, data: &[u8]) -> Result<Signer, Refusal> {
        match signature.typ() {
            Some(SignatureType::Text) => {}
            Some(SignatureType::Binary) if !self.clear_text => {}
            _ => {
                return Err(Refusal::Kind(
                    "it is not a signature over a document".to_owned(),
                ));
            }
        }
        let made = policy::sound(signature, self.policy)?;
        let mut reason = Refusal::UnknownKey;
        for (certificate, which) in self.keyring.candidates(signature) {
            let key = AnyKey { certificate, which };
            if !key.verifies(signature, data) {
                reason = Refusal::Bad;
                continue;
            }
            match policy::judge(certificate, which, made, self.policy) {
                Ok(standing) => {
                    return Ok(Signer {
                        fingerprint: format!("{:X}", certificate.fingerprint(which)),
                        certificate: format!("{:X}", certificate.primary_fingerprint()),
                        user_id: standing.user_id,
                        signed: Timestamp(made),
                        key_expired: standing.expired,
                    });
                }
                Err(refusal) => reason = refusal,
            }
        }
        Err(reason)
    }
}

fn issuer(signature: &Signature) -> String {
    if let Some(fingerprint) = signature.issuer_fingerprint().first() {
        return format!("{fingerprint:X}");
    }
    match signature.issuer_key_id().first() {
        Some(id) => id.to_string().to_uppercase(),
        None => "unknown".to_owned(),
    }
}
