//! Keyrings: sets of OpenPGP certificates, read from binary or armoured files.
//!
//! A certificate is a primary key followed by signatures about it, user ids and subkeys, each
//! followed by the signatures that bind it. Packets are grouped here without any judgement;
//! [`super::policy`] decides what counts.

use std::io::Cursor;

use pgp::armor::BlockType;
use pgp::packet::{
    Packet, PacketParser, PublicKey, PublicSubkey, Signature, SignatureType, UserId,
};
use pgp::types::{Fingerprint, KeyDetails, KeyId};

use super::{TrustError, armour};

/// A set of certificates that may vouch for a repository.
#[derive(Debug, Default)]
pub struct Keyring {
    names: String,
    certificates: Vec<Certificate>,
}

/// One certificate as written, nothing in it checked.
#[derive(Debug)]
pub(super) struct Certificate {
    pub(super) primary: PublicKey,
    pub(super) revocations: Vec<Signature>,
    pub(super) direct: Vec<Signature>,
    pub(super) users: Vec<(UserId, Vec<Signature>)>,
    pub(super) subkeys: Vec<(PublicSubkey, Vec<Signature>)>,
}

/// Which key of a certificate a signature names.
#[derive(Clone, Copy, Debug)]
pub(super) enum Component {
    Primary,
    Subkey(usize),
}

impl Keyring {
    /// Reads a keyring file: binary, or one or several armoured blocks.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Keyring, TrustError> {
        if bytes.get(8..12) == Some(b"KBXf") {
            return Err(broken(
                name,
                "it is a GnuPG keybox; use what `gpg --export` writes",
            ));
        }
        let mut certificates = Vec::new();
        let blocks = armour::blocks(bytes, BlockType::PublicKey)
            .map_err(|error| broken(name, &error.to_string()))?;
        for block in blocks {
            group(name, &block, &mut certificates)?;
        }
        if certificates.is_empty() {
            return Err(broken(name, "it holds no OpenPGP certificate"));
        }
        Ok(Keyring {
            names: name.to_owned(),
            certificates,
        })
    }

    /// Reads the armoured key that a deb822 `Signed-By` field carries, where each line is
    /// indented by a blank and an empty line is written as ` .`.
    pub fn read_deb822(name: &str, value: &str) -> Result<Keyring, TrustError> {
        let mut text = String::with_capacity(value.len());
        for line in value.lines().map(str::trim) {
            text.push_str(if line == "." { "" } else { line });
            text.push('\n');
        }
        Keyring::read(name, text.trim_start().as_bytes())
    }

    /// Adds all certificates of another keyring.
    #[must_use]
    pub fn joined(mut self, other: Keyring) -> Keyring {
        if !self.names.is_empty() {
            self.names.push_str(", ");
        }
        self.names.push_str(&other.names);
        self.certificates.extend(other.certificates);
        self
    }

    /// The names of the keyrings this one was made from, for messages.
    #[must_use]
    pub fn names(&self) -> &str {
        &self.names
    }

    /// The fingerprints of all keys and subkeys, sorted.
    #[must_use]
    pub fn fingerprints(&self) -> Vec<String> {
        let mut all: Vec<String> = self
            .certificates
            .iter()
            .flat_map(|certificate| {
                certificate
                    .components()
                    .map(|which| certificate.fingerprint(which))
            })
            .map(|fingerprint| format!("{fingerprint:X}"))
            .collect();
        all.sort();
        all.dedup();
        all
    }

    /// The key with this id, in upper-case hexadecimal.
    #[cfg(test)]
    pub(super) fn find(&self, key_id: &str) -> Option<(&Certificate, Component)> {
        self.certificates.iter().find_map(|certificate| {
            let which = certificate.components().find(|which| {
                certificate
                    .key_id(*which)
                    .to_string()
                    .eq_ignore_ascii_case(key_id)
            })?;
            Some((certificate, which))
        })
    }

    /// The keys that the signature names as its issuer.
    pub(super) fn candidates(&self, signature: &Signature) -> Vec<(&Certificate, Component)> {
        let fingerprints = signature.issuer_fingerprint();
        let key_ids = signature.issuer_key_id();
        let mut found = Vec::new();
        for certificate in &self.certificates {
            for which in certificate.components() {
                let named = if fingerprints.is_empty() {
                    key_ids.contains(&&certificate.key_id(which))
                } else {
                    fingerprints.contains(&&certificate.fingerprint(which))
                };
                if named {
                    found.push((certificate, which));
                }
            }
        }
        found
    }
}

impl Certificate {
    fn new(primary: PublicKey) -> Certificate {
        Certificate {
            primary,
            revocations: Vec::new(),
            direct: Vec::new(),
            users: Vec::new(),
            subkeys: Vec::new(),
        }
    }

    fn components(&self) -> impl Iterator<Item = Component> + use<> {
        std::iter::once(Component::Primary).chain((0..self.subkeys.len()).map(Component::Subkey))
    }

    pub(super) fn subkey(&self, index: usize) -> Option<&(PublicSubkey, Vec<Signature>)> {
        self.subkeys.get(index)
    }

    pub(super) fn fingerprint(&self, which: Component) -> Fingerprint {
        match which {
            Component::Subkey(index) => self
                .subkey(index)
                .map_or_else(|| self.primary.fingerprint(), |(key, _)| key.fingerprint()),
            Component::Primary => self.primary.fingerprint(),
        }
    }

    pub(super) fn primary_fingerprint(&self) -> Fingerprint {
        self.primary.fingerprint()
    }

    fn key_id(&self, which: Component) -> KeyId {
        match which {
            Component::Subkey(index) => self.subkey(index).map_or_else(
                || self.primary.legacy_key_id(),
                |(key, _)| key.legacy_key_id(),
            ),
            Component::Primary => self.primary.legacy_key_id(),
        }
    }
}

/// To what the next signature packet belongs.
enum Place {
    Key,
    User,
    Subkey,
    Ignored,
}

fn group(name: &str, bytes: &[u8], certificates: &mut Vec<Certificate>) -> Result<(), TrustError> {
    let mut place = Place::Ignored;
    let mut current: Option<Certificate> = None;
    for packet in PacketParser::new(Cursor::new(bytes)) {
        match packet {
            Ok(Packet::PublicKey(key)) => {
                certificates.extend(current.replace(Certificate::new(key)));
                place = Place::Key;
            }
            Ok(Packet::SecretKey(_) | Packet::SecretSubkey(_)) => {
                return Err(broken(name, "it holds a secret key; export the public one"));
            }
            Ok(packet) => {
                if let Some(certificate) = &mut current {
                    place = add(certificate, packet, place);
                }
            }
            // Signatures that follow may end up with the wrong key or user id, where they verify
            // nothing; a revocation is never lost.
            Err(error) if armour::is_unsupported(&error) => {}
            Err(error) => return Err(broken(name, &error.to_string())),
        }
    }
    certificates.extend(current);
    Ok(())
}

fn add(certificate: &mut Certificate, packet: Packet, place: Place) -> Place {
    match packet {
        Packet::UserId(id) => {
            certificate.users.push((id, Vec::new()));
            Place::User
        }
        Packet::PublicSubkey(key) => {
            certificate.subkeys.push((key, Vec::new()));
            Place::Subkey
        }
        Packet::UserAttribute(_) => Place::Ignored,
        Packet::Signature(signature) => {
            add_signature(certificate, signature, &place);
            place
        }
        _ => place,
    }
}

fn add_signature(certificate: &mut Certificate, signature: Signature, place: &Place) {
    match place {
        Place::Key if signature.typ() == Some(SignatureType::KeyRevocation) => {
            certificate.revocations.push(signature);
        }
        Place::Key => certificate.direct.push(signature),
        Place::User => {
            if let Some((_, signatures)) = certificate.users.last_mut() {
                signatures.push(signature);
            }
        }
        Place::Subkey => {
            if let Some((_, signatures)) = certificate.subkeys.last_mut() {
                signatures.push(signature);
            }
        }
        Place::Ignored => {}
    }
}

fn broken(name: &str, reason: &str) -> TrustError {
    TrustError::Keyring {
        name: name.to_owned(),
        reason: reason.to_owned(),
    }
}
