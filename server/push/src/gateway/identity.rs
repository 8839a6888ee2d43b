//! Which server is speaking: it signs for itself with the key of its VAPID identity (RFC 8292), so
//! nobody has to register.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tocsin_ticket::Millis;

/// "The 'exp' claim MUST NOT be more than 24 hours from the time of the request" (RFC 8292,
/// section 2).
const LIFETIME_LIMIT_S: i64 = 24 * 60 * 60;

/// An `authorization` of more bytes is not looked at. A real one has about 350.
const AUTHORIZATION_LIMIT: usize = 2048;

/// A server: its public key, an uncompressed P-256 point.
pub(super) type Server = [u8; 65];

#[derive(Deserialize)]
struct Header {
    alg: String,
}

#[derive(Deserialize)]
struct Claims {
    aud: String,
    exp: i64,
}

/// Who sent a request with this `authorization` to the gateway at `origin`, or why that cannot be
/// told.
pub(super) fn server(
    authorization: Option<&str>,
    origin: &str,
    now: Millis,
) -> Result<Server, &'static str> {
    const FORM: &str = "authorization: expected \"vapid t=TOKEN, k=KEY\" (RFC 8292, section 3)";
    let (scheme, parameters) = authorization
        .filter(|text| text.len() <= AUTHORIZATION_LIMIT)
        .and_then(|text| text.trim().split_once(' '))
        .ok_or(FORM)?;
    if !scheme.eq_ignore_ascii_case("vapid") {
        return Err(FORM);
    }
    let (mut token, mut key) = (None, None);
    for parameter in parameters.split(',') {
        match parameter.trim().split_once('=') {
            Some(("t", value)) if token.is_none() => token = Some(value),
            Some(("k", value)) if key.is_none() => key = Some(value),
            Some(("t" | "k", _)) | None => return Err(FORM),
            Some(_) => {}
        }
    }
    let (token, key) = token.zip(key).ok_or(FORM)?;
    let server: Server = BASE64_URL_SAFE_NO_PAD
        .decode(key)
        .ok()
        .and_then(|key| key.try_into().ok())
        .ok_or("k: expected an uncompressed P-256 point in base64url")?;

    const TOKEN: &str = "t: expected a JSON Web Token signed with ES256 by the key k";
    let (signed, signature) = token.rsplit_once('.').ok_or(TOKEN)?;
    let (header, claims) = signed.split_once('.').ok_or(TOKEN)?;
    let header: Header = part(header).ok_or(TOKEN)?;
    if header.alg != "ES256" {
        return Err(TOKEN);
    }
    let signature = BASE64_URL_SAFE_NO_PAD
        .decode(signature)
        .map_err(|_| TOKEN)?;
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &server)
        .verify(signed.as_bytes(), &signature)
        .map_err(|_| TOKEN)?;

    let claims: Claims = part(claims).ok_or("t: expected the claims aud and exp")?;
    if claims.aud != origin {
        return Err("aud: the token is for another gateway; check the address in the settings");
    }
    let left_s = claims.exp.saturating_sub(now.0.div_euclid(1000));
    if left_s <= 0 {
        return Err("exp: the token has expired; check the server's clock");
    }
    if left_s > LIFETIME_LIMIT_S {
        return Err("exp: the token lasts more than 24 h; check the server's clock");
    }
    Ok(server)
}

fn part<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}
