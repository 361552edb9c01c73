//! Public keys in the formats in which issuers publish them.

use jsonwebtoken::jwk::{AlgorithmParameters, JwkSet, PublicKeyUse};
use jsonwebtoken::{AlgorithmFamily, DecodingKey};

/// Maximum number of keys of an issuer.
const MAX_KEYS: usize = 50;

/// A key, and its id (`kid`) if it has one.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) id: Option<String>,
    pub(super) key: DecodingKey,
}

/// The public keys of a JWK set (RFC 7517) that sign. Others are left out: a secret in a public set
/// is no secret.
///
/// # Errors
/// When the text is not a JWK set, or has none of these keys.
pub(super) fn parse_set(text: &[u8]) -> Result<Vec<Key>, String> {
    let set: JwkSet = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let signs = |usage: &Option<PublicKeyUse>| {
        usage.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature)
    };
    let public = set.keys.iter().filter(|jwk| {
        !matches!(jwk.algorithm, AlgorithmParameters::OctetKey(_))
            && signs(&jwk.common.public_key_use)
    });
    let keys = public.take(MAX_KEYS).filter_map(|jwk| {
        let key = DecodingKey::from_jwk(jwk).ok()?;
        Some(Key { id: jwk.common.key_id.clone(), key })
    });
    let keys: Vec<Key> = keys.collect();
    if keys.is_empty() { Err("it has no public key that signs".to_owned()) } else { Ok(keys) }
}

/// A public key in PEM format.
///
/// # Errors
/// When the text is not a public key of one of these families.
pub(super) fn parse_pem(text: &[u8], families: &[AlgorithmFamily]) -> Result<Key, String> {
    let parse = |family: &AlgorithmFamily| match family {
        AlgorithmFamily::Rsa => DecodingKey::from_rsa_pem(text).ok(),
        AlgorithmFamily::Ec => DecodingKey::from_ec_pem(text).ok(),
        AlgorithmFamily::Ed => DecodingKey::from_ed_pem(text).ok(),
        AlgorithmFamily::Hmac => None,
    };
    let key = families.iter().find_map(parse);
    let key = key.ok_or("it is not a public key in PEM format for these algorithms")?;
    Ok(Key { id: None, key })
}
