//! ASCII armour and packets: from the bytes of a signature file or keyring to OpenPGP packets.

use std::io::{Cursor, Read};

use pgp::armor::{BlockType, Dearmor};
use pgp::errors::Error as PgpError;
use pgp::packet::{Packet, PacketParser, Signature};

use super::{MAX_SIGNATURES, TrustError};

/// Keyrings and signature files are small; more than this is an attack.
const MAX_PACKET_BYTES: u64 = 32 << 20;

/// The signatures in a file, armoured (one or several blocks) or binary.
pub(super) fn signatures(bytes: &[u8]) -> Result<Vec<Signature>, TrustError> {
    let mut found = Vec::new();
    for block in blocks(bytes, BlockType::Signature)? {
        for packet in PacketParser::new(Cursor::new(block)) {
            match packet {
                Ok(Packet::Signature(signature)) => found.push(signature),
                Ok(Packet::Marker(_) | Packet::Padding(_)) => {}
                Ok(_) => return Err(unreadable("a packet that is no signature")),
                // A version or algorithm of the future stands for a signature that we cannot judge.
                Err(error) if is_unsupported(&error) => {}
                Err(error) => return Err(unreadable(&error.to_string())),
            }
            if found.len() > MAX_SIGNATURES {
                return Err(unreadable(&format!(
                    "more than {MAX_SIGNATURES} signatures"
                )));
            }
        }
    }
    Ok(found)
}

/// The binary content of each armoured block, or the bytes themselves when not armoured.
pub(super) fn blocks(bytes: &[u8], expected: BlockType) -> Result<Vec<Vec<u8>>, TrustError> {
    if bytes.len() as u64 > MAX_PACKET_BYTES {
        return Err(unreadable(&format!("more than {MAX_PACKET_BYTES} bytes")));
    }
    // A packet begins with a byte whose highest bit is set, armour with a text.
    if bytes.first().is_some_and(|byte| byte & 0x80 != 0) {
        return Ok(vec![bytes.to_vec()]);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| unreadable("neither armour nor packets"))?;
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("-----BEGIN PGP ") {
        let block = rest.get(start..).unwrap_or_default();
        let end = block
            .find("-----END PGP ")
            .ok_or_else(|| unreadable("armour without an end"))?;
        let line = block.get(end..).unwrap_or_default();
        let length = end + line.find('\n').map_or(line.len(), |at| at + 1);
        found.push(dearmour(
            block.get(..length).unwrap_or_default(),
            &expected,
        )?);
        rest = block.get(length..).unwrap_or_default();
    }
    Ok(found)
}

fn dearmour(block: &str, expected: &BlockType) -> Result<Vec<u8>, TrustError> {
    let mut reader = Dearmor::new(Cursor::new(block.as_bytes()));
    reader
        .read_header()
        .map_err(|error| unreadable(&error.to_string()))?;
    if reader.typ.as_ref() != Some(expected) {
        return Err(unreadable(&format!("not armour of kind `{expected}`")));
    }
    let mut bytes = Vec::new();
    reader
        .take(MAX_PACKET_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(&error.to_string()))?;
    Ok(bytes)
}

/// Whether the error means "well-formed, but of a kind that this library does not know".
pub(super) fn is_unsupported(error: &PgpError) -> bool {
    match error {
        PgpError::Unsupported { .. } => true,
        PgpError::InvalidPacketContent { source } => is_unsupported(source),
        _ => false,
    }
}

fn unreadable(reason: &str) -> TrustError {
    TrustError::Unreadable(reason.to_owned())
}
