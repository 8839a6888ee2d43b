//! What an administrator hands to somebody: an address and a code, as a link, a QR code or two
//! words to type.

use tocsin_pager::net::Server;
use url::Url;

use crate::PagerError;

/// An invitation to become one of somebody's devices, checked but not used.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Enrolment {
    /// The server's address.
    pub server: String,
    /// The single-use code.
    pub code: String,
    /// The address is not encrypted: whoever enrols must say that this is meant.
    pub plain_http: bool,
}

/// Reads what `tocsin enroll` shows: the link of its QR code, `tocsin://enroll?server=URL&code=CODE`.
///
/// # Errors
/// [`PagerError::NotAnEnrolment`] when it is something else.
#[uniffi::export]
pub fn read_enrolment(link: String) -> Result<Enrolment, PagerError> {
    let unlike = || PagerError::NotAnEnrolment {
        text: format!(
            "expected the code that `tocsin enroll` shows, tocsin://enroll?server=…&code=…, got \
             {link:?}"
        ),
    };
    let url = Url::parse(link.trim()).map_err(|_| unlike())?;
    if url.scheme() != "tocsin" || url.host_str() != Some("enroll") {
        return Err(unlike());
    }
    let part = |wanted: &str| {
        let mut pairs = url.query_pairs();
        pairs.find_map(|(name, value)| (name == wanted).then(|| value.into_owned()))
    };
    let server = part("server").ok_or_else(unlike)?;
    let code = part("code").ok_or_else(unlike)?;
    typed_enrolment(server, code)
}

/// Checks an address and a code that were typed. An address without a scheme is taken as `https`.
///
/// # Errors
/// [`PagerError::NotAnEnrolment`] when one of them cannot be meant.
#[uniffi::export]
pub fn typed_enrolment(server: String, code: String) -> Result<Enrolment, PagerError> {
    let server = server.trim();
    let address = if server.contains("://") {
        server.to_owned()
    } else {
        format!("https://{server}")
    };
    let code = code.trim();
    if code.is_empty() {
        return Err(PagerError::NotAnEnrolment {
            text: "code: expected what `tocsin enroll` shows, such as 7KQ2M-9XWTA, got nothing"
                .to_owned(),
        });
    }
    let plain_http = match Server::new(&address, None, false) {
        Ok(_) => false,
        Err(tocsin_pager::net::ServerError::PlainHttp { .. }) => true,
        Err(error) => return Err(error.into()),
    };
    Ok(Enrolment {
        server: address,
        code: code.to_owned(),
        plain_http,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scanned_code_gives_address_and_code() {
        let link = "tocsin://enroll?server=https%3A%2F%2Fpager.example.org%3A8443&code=7KQ2M-9XWTA";
        let read = read_enrolment(format!(" {link}\n")).unwrap();
        assert_eq!(read.server, "https://pager.example.org:8443");
        assert_eq!(read.code, "7KQ2M-9XWTA");
        assert!(!read.plain_http);
    }

    #[test]
    fn any_other_code_on_the_wall_is_refused_with_what_was_expected() {
        for link in [
            "https://example.org",
            "tocsin://enroll?server=https%3A%2F%2Fa.example",
            "tocsin://page?server=https%3A%2F%2Fa.example&code=X",
            "WIFI:S:guest;;",
        ] {
            let error = read_enrolment(link.to_owned()).unwrap_err();
            assert!(error.to_string().contains("tocsin enroll"), "{error}");
        }
    }

    #[test]
    fn a_typed_address_is_encrypted_unless_it_says_otherwise() {
        let typed = |server: &str| typed_enrolment(server.to_owned(), "7KQ2M-9XWTA".to_owned());
        assert_eq!(
            typed("pager.example.org").unwrap().server,
            "https://pager.example.org"
        );
        assert!(typed("http://192.168.1.4:8080").unwrap().plain_http);
        assert!(!typed("http://127.0.0.1:8080").unwrap().plain_http);
        assert!(typed("mailto:a@example.org://").is_err());
        assert!(typed_enrolment("pager.example.org".to_owned(), "  ".to_owned()).is_err());
    }
}
