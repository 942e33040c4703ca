//! OpenPGP keys that sign toy archives: made in memory, the same for the same name.
//!
//! A key is version 4, Ed25519 in the form GnuPG 2.2 knows. All its self-signatures are dated at the
//! key's own creation, never at the clock, so that a test may pretend to live at any later date.

use pgp::composed::{
    ArmorOptions, CleartextSignedMessage, DetachedSignature, KeyType, SignedKeyDetails,
    SignedPublicKey, SignedSecretKey, SignedSecretSubKey,
};
use pgp::packet::{
    self, KeyFlags, PacketTrait as _, SignatureConfig, SignatureType, Subpacket, SubpacketData,
    UserId,
};
use pgp::ser::Serialize as _;
use pgp::types::{Duration, KeyDetails as _, KeyVersion, Password, SignedUser, Timestamp};
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::bytes::sha256;
use crate::clock::seconds;

/// What a [`Key`] shall be like.
#[derive(Debug, Clone)]
pub struct KeyOptions {
    /// When the key was made, in seconds since 1970.
    pub created: i64,
    /// When the key expires, in seconds since 1970.
    pub expires: Option<i64>,
    /// Sign with a subkey and leave the primary key for certification.
    pub signing_subkey: bool,
}

impl Default for KeyOptions {
    fn default() -> Self {
        Self {
            created: seconds("2010-01-01"),
            expires: None,
            signing_subkey: false,
        }
    }
}

/// A key pair that signs Release files.
#[derive(Debug, Clone)]
pub struct Key {
    secret: SignedSecretKey,
}

impl Key {
    /// A plain key without expiry; the same name gives the same key.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self::with(name, KeyOptions::default())
    }

    /// A key whose signatures are made by a subkey.
    #[must_use]
    pub fn with_signing_subkey(name: &str) -> Self {
        Self::with(
            name,
            KeyOptions {
                signing_subkey: true,
                ..KeyOptions::default()
            },
        )
    }

    /// A key that expires at `expires` (see [`seconds`]).
    #[must_use]
    pub fn expiring(name: &str, expires: i64) -> Self {
        Self::with(
            name,
            KeyOptions {
                expires: Some(expires),
                ..KeyOptions::default()
            },
        )
    }

    /// A key made by `options`.
    #[must_use]
    pub fn with(name: &str, options: KeyOptions) -> Self {
        let mut random = generator(name);
        let primary = secret_key(&mut random, &options);
        let user = self_signed_user(&primary, name, &options);
        let subkeys = if options.signing_subkey {
            vec![signing_subkey(&mut random, &primary, &options)]
        } else {
            Vec::new()
        };
        let details = SignedKeyDetails::new(Vec::new(), Vec::new(), vec![user], Vec::new());
        let secret = SignedSecretKey::new(primary, details, Vec::new(), subkeys);
        secret
            .verify_bindings()
            .expect("a key that verifies itself");
        Self { secret }
    }

    /// The fingerprint of the primary key, in upper-case hexadecimal.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        format!("{:X}", self.secret.primary_key.fingerprint())
    }

    /// The fingerprint of the key that makes the signatures: the subkey, if there is one.
    #[must_use]
    pub fn signing_fingerprint(&self) -> String {
        match self.secret.secret_subkeys.first() {
            Some(subkey) => format!("{:X}", subkey.key.fingerprint()),
            None => self.fingerprint(),
        }
    }

    /// The public part, binary, as in `/usr/share/keyrings/*.gpg`.
    #[must_use]
    pub fn public(&self) -> Vec<u8> {
        self.certificate().to_bytes().expect("a key in memory")
    }

    /// The public part in ASCII armour, as in `/etc/apt/keyrings/*.asc`.
    #[must_use]
    pub fn public_armored(&self) -> String {
        self.certificate()
            .to_armored_string(ArmorOptions::default())
            .expect("a key in memory")
    }

    /// `text` with a clear-text signature made at `date`, as in an InRelease file.
    #[must_use]
    pub fn sign_inline(&self, text: &str, date: i64) -> String {
        sign_inline(&[self], text, date)
    }

    /// A detached, armoured signature of `text` made at `date`, as in a Release.gpg file.
    #[must_use]
    pub fn sign_detached(&self, text: &str, date: i64) -> String {
        let signature = self.signature(SignatureType::Binary, text.as_bytes(), date);
        DetachedSignature::new(signature)
            .to_armored_string(ArmorOptions::default())
            .expect("a signature in memory")
    }

    fn certificate(&self) -> SignedPublicKey {
        self.secret.to_public_key()
    }

    fn signature(&self, kind: SignatureType, text: &[u8], date: i64) -> packet::Signature {
        match self.secret.secret_subkeys.first() {
            Some(subkey) => data_signature(&subkey.key, kind, text, date),
            None => data_signature(&self.secret.primary_key, kind, text, date),
        }
    }
}

/// `text` signed by several keys in one InRelease, as Debian's own archive is.
#[must_use]
pub fn sign_inline(keys: &[&Key], text: &str, date: i64) -> String {
    let signed = CleartextSignedMessage::new_many(text, |normalized| {
        Ok(keys
            .iter()
            .map(|key| key.signature(SignatureType::Text, normalized.as_bytes(), date))
            .collect())
    });
    signed
        .and_then(|message| message.to_armored_string(ArmorOptions::default()))
        .expect("a signature in memory")
}

/// The public parts of `keys` one after the other: a keyring file.
#[must_use]
pub fn keyring(keys: &[&Key]) -> Vec<u8> {
    keys.iter().flat_map(|key| key.public()).collect()
}

fn generator(name: &str) -> StdRng {
    let digest = sha256(name.as_bytes());
    let seed = u64::from_str_radix(&digest[..16], 16).expect("hexadecimal digits");
    StdRng::seed_from_u64(seed)
}

fn timestamp(seconds: i64) -> Timestamp {
    Timestamp::from_secs(u32::try_from(seconds).expect("a date after 1970 and before 2106"))
}

fn secret_key(random: &mut StdRng, options: &KeyOptions) -> packet::SecretKey {
    let kind = KeyType::Ed25519Legacy;
    let (public, secret) = kind.generate(random).expect("an Ed25519 key");
    packet::PubKeyInner::new(
        KeyVersion::V4,
        kind.to_alg(),
        timestamp(options.created),
        None,
        public,
    )
    .and_then(packet::PublicKey::from_inner)
    .and_then(|public| packet::SecretKey::new(public, secret))
    .expect("an Ed25519 key")
}

fn self_signed_user(primary: &packet::SecretKey, name: &str, options: &KeyOptions) -> SignedUser {
    let user = UserId::from_str(Default::default(), name).expect("a user id");
    let mut flags = KeyFlags::default();
    flags.set_certify(true);
    flags.set_sign(!options.signing_subkey);
    let mut config = signature_config(primary, SignatureType::CertPositive, options.created);
    config
        .hashed_subpackets
        .push(subpacket(SubpacketData::KeyFlags(flags)));
    if let Some(expires) = options.expires {
        let life = u32::try_from(expires - options.created).expect("a key that lives");
        let life = Duration::from_secs(life);
        config
            .hashed_subpackets
            .push(subpacket(SubpacketData::KeyExpirationTime(life)));
    }
    let signature = config
        .sign_certification(
            primary,
            primary.public_key(),
            &Password::empty(),
            user.tag(),
            &user,
        )
        .expect("a self-signature");
    user.into_signed(signature)
}

fn signing_subkey(
    random: &mut StdRng,
    primary: &packet::SecretKey,
    options: &KeyOptions,
) -> SignedSecretSubKey {
    let kind = KeyType::Ed25519Legacy;
    let (public, secret) = kind.generate(random).expect("an Ed25519 key");
    let inner = packet::PubKeyInner::new(
        KeyVersion::V4,
        kind.to_alg(),
        timestamp(options.created),
        None,
        public,
    );
    let subkey = inner
        .and_then(packet::PublicSubkey::from_inner)
        .and_then(|public| packet::SecretSubkey::new(public, secret))
        .expect("an Ed25519 subkey");
    let back_signature = signature_config(&subkey, SignatureType::KeyBinding, options.created)
        .sign_primary_key_binding(
            &subkey,
            subkey.public_key(),
            &Password::empty(),
            primary.public_key(),
        )
        .expect("a back signature");
    let mut flags = KeyFlags::default();
    flags.set_sign(true);
    let mut config = signature_config(primary, SignatureType::SubkeyBinding, options.created);
    config
        .hashed_subpackets
        .push(subpacket(SubpacketData::KeyFlags(flags)));
    config
        .hashed_subpackets
        .push(subpacket(SubpacketData::EmbeddedSignature(Box::new(
            back_signature,
        ))));
    let binding = config
        .sign_subkey_binding(
            primary,
            primary.public_key(),
            &Password::empty(),
            subkey.public_key(),
        )
        .expect("a subkey binding");
    SignedSecretSubKey::new(subkey, vec![binding])
}

fn data_signature(
    key: &impl pgp::types::SigningKey,
    kind: SignatureType,
    text: &[u8],
    date: i64,
) -> packet::Signature {
    let config = signature_config(key, kind, date);
    config
        .sign(key, &Password::empty(), text)
        .expect("a signature")
}

/// The part all signatures share: when, and by which key.
fn signature_config(
    key: &impl pgp::types::SigningKey,
    kind: SignatureType,
    date: i64,
) -> SignatureConfig {
    let mut config = SignatureConfig::v4(kind, key.algorithm(), key.hash_alg());
    config.hashed_subpackets = vec![
        subpacket(SubpacketData::SignatureCreationTime(timestamp(date))),
        subpacket(SubpacketData::IssuerFingerprint(key.fingerprint())),
    ];
    config.unhashed_subpackets = vec![subpacket(SubpacketData::IssuerKeyId(key.legacy_key_id()))];
    config
}

fn subpacket(data: SubpacketData) -> Subpacket {
    Subpacket::regular(data).expect("a signature subpacket")
}
