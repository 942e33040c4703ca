//! Test keys with all the faults a key can have.

use pgp::composed::KeyType;
use pgp::crypto::ed25519::{Mode, SecretKey as Ed25519};
use pgp::crypto::eddsa_legacy::SecretKey as SecretParameter;
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::public_key::PublicKeyAlgorithm;
use pgp::errors::Result as PgpResult;
use pgp::packet::{
    KeyFlags, PacketTrait, PubKeyInner, PublicKey, PublicSubkey, RevocationCode, SecretKey,
    SecretSubkey, Signature, SignatureConfig, SignatureType, Subpacket, SubpacketData, UserId,
};
use pgp::types::{
    Duration, Fingerprint, KeyDetails, KeyId, KeyVersion, Password, PlainSecretParams,
    PublicParams, SecretParams, SignatureBytes, SigningKey, Tag, Timestamp,
};

/// The time at which test keys are made.
pub(super) const CREATED: i64 = 1_600_000_000;
pub(super) const DAY: i64 = 86_400;

pub(super) fn time(seconds: i64) -> Timestamp {
    Timestamp::from_secs(u32::try_from(seconds).unwrap())
}

fn params(seed: u8) -> (PublicParams, SecretParams) {
    let secret = Ed25519::try_from_bytes([seed; 32], Mode::EdDSALegacy).unwrap();
    let public = PublicParams::EdDSALegacy((&secret).into());
    let secret = PlainSecretParams::EdDSALegacy(SecretParameter::Ed25519(secret));
    (public, SecretParams::Plain(secret))
}

fn inner(public: PublicParams) -> PubKeyInner {
    let algorithm = KeyType::Ed25519Legacy.to_alg();
    PubKeyInner::new(KeyVersion::V4, algorithm, time(CREATED), None, public).unwrap()
}

pub(super) fn primary(seed: u8) -> SecretKey {
    let (public, secret) = params(seed);
    SecretKey::new(PublicKey::from_inner(inner(public)).unwrap(), secret).unwrap()
}

pub(super) fn subkey(seed: u8) -> SecretSubkey {
    let (public, secret) = params(seed);
    SecretSubkey::new(PublicSubkey::from_inner(inner(public)).unwrap(), secret).unwrap()
}

/// A signature in the making.
pub(super) struct Draft {
    pub(super) kind: SignatureType,
    pub(super) hash: HashAlgorithm,
    pub(super) made: Option<i64>,
    pub(super) subpackets: Vec<SubpacketData>,
    pub(super) critical: Vec<SubpacketData>,
    pub(super) name_fingerprint: bool,
}

impl Draft {
    pub(super) fn new(kind: SignatureType) -> Draft {
        Draft {
            kind,
            hash: HashAlgorithm::Sha512,
            made: Some(CREATED + DAY),
            subpackets: Vec::new(),
            critical: Vec::new(),
            name_fingerprint: true,
        }
    }

    pub(super) fn made(mut self, made: i64) -> Draft {
        self.made = Some(made);
        self
    }

    pub(super) fn hash(mut self, hash: HashAlgorithm) -> Draft {
        self.hash = hash;
        self
    }

    pub(super) fn with(mut self, data: SubpacketData) -> Draft {
        self.subpackets.push(data);
        self
    }

    /// Flags of a key that may (or may not) sign.
    pub(super) fn may_sign(self, yes: bool) -> Draft {
        let mut flags = KeyFlags::default();
        flags.set_certify(true);
        flags.set_sign(yes);
        self.with(SubpacketData::KeyFlags(flags))
    }

    pub(super) fn key_lives(self, seconds: i64) -> Draft {
        let life = Duration::from_secs(u32::try_from(seconds).unwrap());
        self.with(SubpacketData::KeyExpirationTime(life))
    }

    pub(super) fn because(self, code: RevocationCode) -> Draft {
        self.with(SubpacketData::RevocationReason(code, Vec::new().into()))
    }

    fn config(self, signer: &impl KeyDetails) -> SignatureConfig {
        let mut config = SignatureConfig::v4(self.kind, signer.algorithm(), self.hash);
        let mut hashed: Vec<Subpacket> = Vec::new();
        if let Some(made) = self.made {
            hashed.push(
                Subpacket::regular(SubpacketData::SignatureCreationTime(time(made))).unwrap(),
            );
        }
        if self.name_fingerprint {
            let issuer = SubpacketData::IssuerFingerprint(signer.fingerprint());
            hashed.push(Subpacket::regular(issuer).unwrap());
        }
        hashed.extend(
            self.subpackets
                .into_iter()
                .map(|data| Subpacket::regular(data).unwrap()),
        );
        hashed.extend(
            self.critical
                .into_iter()
                .map(|data| Subpacket::critical(data).unwrap()),
        );
        config.hashed_subpackets = hashed;
        let id = SubpacketData::IssuerKeyId(signer.legacy_key_id());
        config.unhashed_subpackets = vec![Subpacket::regular(id).unwrap()];
        config
    }

    pub(super) fn over(self, data: &[u8], signer: &impl SigningKey) -> Signature {
        self.config(signer)
            .sign(signer, &Password::empty(), data)
            .unwrap()
    }

    pub(super) fn over_user(self, user: &UserId, key: &SecretKey) -> Signature {
        self.over_user_by(user, key, key)
    }

    pub(super) fn over_user_by(
        self,
        user: &UserId,
        key: &SecretKey,
        signer: &SecretKey,
    ) -> Signature {
        self.config(signer)
            .sign_certification_third_party(
                signer,
                &Password::empty(),
                key.public_key(),
                Tag::UserId,
                user,
            )
            .unwrap()
    }

    pub(super) fn over_key(self, key: &SecretKey) -> Signature {
        self.config(key)
            .sign_key(key, &Password::empty(), key.public_key())
            .unwrap()
    }

    pub(super) fn over_subkey(self, key: &SecretKey, subkey: &SecretSubkey) -> Signature {
        self.config(key)
            .sign_subkey_binding(
                key,
                key.public_key(),
                &Password::empty(),
                subkey.public_key(),
            )
            .unwrap()
    }

    /// The back-signature of a subkey.
    pub(super) fn back(self, subkey: &SecretSubkey, key: &SecretKey) -> Signature {
        self.config(subkey)
            .sign_primary_key_binding(
                subkey,
                subkey.public_key(),
                &Password::empty(),
                key.public_key(),
            )
            .unwrap()
    }
}

/// Signs with hashes so weak that the library refuses to. What comes out does not verify, but our
/// policy refuses the hash before it comes to that.
#[derive(Debug)]
pub(super) struct AnyHash<'a>(pub(super) &'a SecretKey);

impl KeyDetails for AnyHash<'_> {
    fn version(&self) -> KeyVersion {
        self.0.version()
    }
    fn legacy_key_id(&self) -> KeyId {
        self.0.legacy_key_id()
    }
    fn fingerprint(&self) -> Fingerprint {
        self.0.fingerprint()
    }
    fn algorithm(&self) -> PublicKeyAlgorithm {
        self.0.algorithm()
    }
    fn created_at(&self) -> Timestamp {
        self.0.created_at()
    }
    fn legacy_v3_expiration_days(&self) -> Option<u16> {
        None
    }
    fn public_params(&self) -> &PublicParams {
        self.0.public_params()
    }
}

impl SigningKey for AnyHash<'_> {
    fn sign(
        &self,
        password: &Password,
        _: HashAlgorithm,
        data: &[u8],
    ) -> PgpResult<SignatureBytes> {
        let mut data = data.to_vec();
        data.resize(64, 0);
        self.0.sign(password, HashAlgorithm::Sha512, &data)
    }
    fn hash_alg(&self) -> HashAlgorithm {
        HashAlgorithm::Sha512
    }
}

/// A certificate put together packet by packet.
#[derive(Default)]
pub(super) struct Bytes(pub(super) Vec<u8>);

impl Bytes {
    pub(super) fn add(mut self, packet: &impl PacketTrait) -> Bytes {
        packet.to_writer_with_header(&mut self.0).unwrap();
        self
    }
}

pub(super) fn user() -> UserId {
    UserId::from_str(Default::default(), "Test Key <test@mirror.example>").unwrap()
}

/// A good plain certificate: one key that certifies and signs.
pub(super) fn plain(key: &SecretKey) -> Bytes {
    let binding = Draft::new(SignatureType::CertPositive)
        .may_sign(true)
        .over_user(&user(), key);
    Bytes::default()
        .add(key.public_key())
        .add(&user())
        .add(&binding)
}
